/** The websocket of a client: opened again whenever it is lost, until it is told not to. */

const WAITS_S = [1, 3, 7, 15, 30];
const SILENCE_MS = 60_000;
const LOOK_MS = 5_000;

export interface SocketEvents {
  /** The address for the next connection, or null while there is no token that opens one. */
  address(): string | null;
  opened(): void;
  /** A frame that is more than a heart beat. */
  heard(text: string): void;
  closed(message: string): void;
  failed(event: unknown): void;
}

export class Socket {
  readonly #events: SocketEvents;
  #socket: WebSocket | undefined;
  #losses = 0;
  #heardMs = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #ended = false;
  readonly #awake = () => this.#wake();

  constructor(events: SocketEvents) {
    this.#events = events;
    globalThis.addEventListener?.("online", this.#awake);
    globalThis.document?.addEventListener("visibilitychange", this.#awake);
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Open a connection unless there is one, or none may be opened. */
  connect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#ended || this.#socket !== undefined) {
      return;
    }
    const address = this.#events.address();
    if (address === null) {
      return;
    }
    let socket: WebSocket;
    try {
      socket = new WebSocket(address);
    } catch (error) {
      this.#events.failed(error);
      this.#later();
      return;
    }
    this.#socket = socket;
    this.#heardMs = Date.now();
    socket.onopen = () => {
      this.#heardMs = Date.now();
      this.#events.opened();
    };
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onerror = (event) => this.#events.failed(event);
    socket.onclose = () => this.lose("the connection was closed");
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#listen(), LOOK_MS);
  }

  /** The connection works: the next loss begins with the shortest wait again. */
  proven(): void {
    this.#losses = 0;
  }

  /** Give a connection up and open another one after a while. */
  lose(message: string): void {
    if (this.#drop()) {
      this.#events.closed(message);
      this.#later();
    }
  }

  /** Open no other connection once this one is lost. */
  retire(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    globalThis.removeEventListener?.("online", this.#awake);
    globalThis.document?.removeEventListener("visibilitychange", this.#awake);
  }

  /** Close for good. */
  end(message: string): void {
    this.retire();
    if (this.#drop()) {
      this.#events.closed(message);
    }
  }

  /** Let go of the connection, deaf to whatever it still has to say; whether there was one. */
  #drop(): boolean {
    const socket = this.#socket;
    clearInterval(this.#watch);
    this.#socket = undefined;
    if (socket === undefined) {
      return false;
    }
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    socket.close();
    return true;
  }

  #heard(data: unknown): void {
    this.#heardMs = Date.now();
    this.proven();
    if (typeof data === "string" && data.trim() !== "") {
      this.#events.heard(data);
    }
  }

  #later(): void {
    if (this.#ended) {
      return;
    }
    const whole = WAITS_S[Math.min(this.#losses, WAITS_S.length - 1)]!;
    this.#losses += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.connect(),
      whole * 1_000 * (0.5 + Math.random() / 2), // so that clients do not come back as one
    );
  }

  /** The wall clock counts the time that a laptop slept, so that this notices on the first look. */
  #listen(): void {
    const silence = Date.now() - this.#heardMs;
    if (silence >= SILENCE_MS) {
      this.lose(`nothing was heard for ${Math.round(silence / 1_000)} s`);
    }
  }

  /** The network is back, or somebody looks at the page again. */
  #wake(): void {
    if (this.#socket !== undefined) {
      this.#listen();
    } else if (this.#retry !== undefined) {
      this.connect();
    }
  }
}
