/** What the three clients have in common: one resource, a socket, and their events. */

import { addressesOf } from "./addresses.ts";
import { answer, type Callback } from "./answers.ts";
import { EventEmitter } from "./emitter.ts";
import type { Entity } from "./entity.ts";
import { reader } from "./entities/reader.ts";
import { TaskRouterError } from "./errors.ts";
import { Log } from "./log.ts";
import { isOn, type Options } from "./options.ts";
import { callbackAt } from "./overloads.ts";
import type { Payload } from "./properties.ts";
import { Session } from "./session.ts";
import { Socket } from "./socket.ts";
import { Token } from "./token.ts";
import { mayPass, Transport } from "./transport.ts";

const TIMEOUT_MS = 15_000;

export abstract class Client<Resource extends Entity> extends EventEmitter {
  readonly #token: Token;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #socket: Socket;
  readonly #log: Log;
  readonly #resource: Resource;
  readonly #shown = new Set<string>();
  #hasTried = false;
  #wasReady = false;
  #connection = 0; // grows with each one that is opened or lost

  declare readonly sid: string;
  readonly [property: string]: any;

  /** @param sidOf which resource of the token's is this client's own */
  constructor(token: unknown, options: Options, sidOf: (token: Token) => string | undefined) {
    super();
    this.#log = new Log(isOn(options.debug));
    this.#token = new Token(token, () => this.#expired());
    try {
      const addresses = addressesOf(
        options.apiBaseUrl,
        options.eventBridgeBaseUrl,
        options.region,
      );
      this.#transport = new Transport(
        addresses,
        this.#token,
        retriesOf(options.maxRetries),
        options.timeoutMs ?? TIMEOUT_MS,
      );
      this.#session = new Session(this.#token, this.#transport, addresses.api, reader, (text) =>
        this.updateToken(text),
      );
      const sid = sidOf(this.#token);
      if (sid === undefined) {
        throw new Error(`the token is for ${this.#token.claims.channel}, which is of another kind`);
      }
      this.#resource = this.#session.unfetched({ sid });
    } catch (error) {
      this.#token.forget(); // or its timer would outlive a client that never was
      throw error;
    }
    this.#mirror();
    this.#resource.watch(() => this.#mirror());
    this.#socket = new Socket({
      address: () => this.#address(),
      opened: () => void this.#opened(),
      heard: (text) => this.#heard(text),
      closed: (message) => this.#closed(message),
      failed: (response) => this.#failed(response, "the socket has failed"),
    });
    // Not before the constructor of the client itself is through: its options belong into the address.
    queueMicrotask(() => this.#socket.connect());
  }

  fetch(): Promise<Resource>;
  fetch(callback: Callback<Resource>): void;
  fetch(...values: unknown[]): Promise<Resource> | void {
    return this.#resource.fetch(...(values as [Callback<Resource>]));
  }

  update(changes: object): Promise<Resource>;
  update(changes: object, callback: Callback<Resource>): void;
  update(name: string, value: string): Promise<Resource>;
  update(name: string, value: string, callback: Callback<Resource>): void;
  update(...values: unknown[]): Promise<Resource> | void {
    return this.#resource.update(...(values as [string, string]));
  }

  /** Delete the client's own resource. The server ends the connection then, and there is none after it. */
  delete(): Promise<void>;
  delete(callback: Callback<void>): void;
  delete(...values: unknown[]): Promise<void> | void {
    const { callback } = callbackAt(values, 0, "delete");
    return answer(this.#deleted(), callback);
  }

  /** Go on with this token: every later request, and the next connection. */
  updateToken(token: string): void {
    this.#token.replace(token);
    if (this.#socket.isEnded) {
      this.#token.forget();
    } else {
      this.#socket.connect();
    }
  }

  /** Close the connection for good. The client can still ask, and says nothing any more by itself. */
  disconnect(): void {
    this.#token.forget();
    this.#socket.end("disconnect was called");
  }

  /** The client's own resource. */
  protected get resource(): Resource {
    return this.#resource;
  }

  protected get session(): Session {
    return this.#session;
  }

  protected get transport(): Transport {
    return this.#transport;
  }

  /** Which connection this is: another number after each loss and each opening. */
  protected get connection(): number {
    return this.#connection;
  }

  protected get log(): Log {
    return this.#log;
  }

  /** What the address of the socket says besides the token. */
  protected socketParams(): Record<string, string> {
    return { closeExistingSessions: "false" };
  }

  /** Called with every `ready`, after its event; `first` is true once. */
  protected announced(_first: boolean): void {}

  /** A frame's event and payload, on their way to the listeners. */
  protected deliver(event: string, payload: unknown): void {
    this.emit(event, this.taken(payload));
  }

  /** What listeners are given for a payload; what it says of the client's own resource is taken in. */
  protected taken(payload: any): unknown {
    if (payload?.sid === this.#resource.sid) {
      this.#resource.absorb(payload);
    }
    return this.session.read(payload);
  }

  protected failed(response: unknown, message: string): void {
    this.#failed(response, message);
  }

  /** Show the resource's properties on the client too, where they hide nothing of its own. */
  #mirror(): void {
    for (const name of Object.keys(this.#resource)) {
      if (this.#shown.has(name) || !(name in this)) {
        this.#shown.add(name);
        const value = this.#resource[name];
        Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
      }
    }
  }

  async #deleted(): Promise<void> {
    await this.#resource.delete();
    this.#token.forget();
    this.#socket.retire();
  }

  #address(): string | null {
    if (this.#hasTried && this.#token.isSpent) {
      this.#token.look();
      this.#log.debug("the token has expired: waiting for updateToken before connecting again");
      return null;
    }
    this.#hasTried = true;
    const params = new URLSearchParams({ token: this.#token.text, ...this.socketParams() });
    return `${this.#transport.url.replace(/^http/, "ws")}?${params}`;
  }

  async #opened(): Promise<void> {
    const connection = ++this.#connection;
    this.#log.debug("connected to", this.#transport.url);
    const asking = this.#transport.ask({
      method: "GET",
      url: this.#session.urlOf(this.#resource.path),
      eventType: "ready",
    });
    this.emit("connected");
    let payload: Payload;
    try {
      ({ payload } = await asking);
    } catch (error) {
      if (connection === this.#connection && error instanceof TaskRouterError) {
        this.#failed(error, `ready: ${error.message}`);
        if (mayPass(error)) {
          this.#socket.lose("the server could not say that it is ready");
        }
      }
      return;
    }
    if (connection === this.#connection) {
      this.#ready(payload);
    }
  }

  #ready(payload: Payload): void {
    this.#socket.proven();
    const first = !this.#wasReady;
    this.#wasReady = true;
    this.emit("ready", this.taken(payload));
    this.announced(first);
  }

  #heard(text: string): void {
    let frame: { event_type?: unknown; payload?: unknown };
    try {
      frame = JSON.parse(text);
    } catch {
      this.#failed(text, "a frame cannot be read: it is not JSON");
      return;
    }
    if (typeof frame?.event_type !== "string") {
      this.#failed(text, "a frame has no event_type");
      return;
    }
    this.#log.debug("received", frame.event_type, frame.payload);
    this.deliver(frame.event_type, frame.payload);
  }

  #closed(message: string): void {
    this.#connection += 1;
    this.#log.debug("disconnected:", message);
    this.emit("disconnected", { message });
  }

  #failed(response: unknown, message: string): void {
    this.#log.debug(message);
    this.emit("error", { response, message });
  }

  #expired(): void {
    this.#log.debug("the token expires");
    this.emit("token.expired");
  }
}

function retriesOf(value: unknown): number {
  const retries = Number(value ?? 0);
  return Number.isInteger(retries) && retries > 0 ? retries : 0;
}
