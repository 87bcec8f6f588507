/** Events by name, with the methods that pages know from Node's emitter. */

export type Listener = (...values: any[]) => void;

interface Registered {
  listener: Listener;
  once: boolean;
}

export class EventEmitter {
  readonly #registered = new Map<string, Registered[]>();

  on(event: string, listener: Listener): this {
    return this.#add(event, listener, false);
  }

  addListener(event: string, listener: Listener): this {
    return this.#add(event, listener, false);
  }

  once(event: string, listener: Listener): this {
    return this.#add(event, listener, true);
  }

  off(event: string, listener: Listener): this {
    return this.removeListener(event, listener);
  }

  /** Removes the listener that was added last, if it was added more than once. */
  removeListener(event: string, listener: Listener): this {
    const all = this.#registered.get(event) ?? [];
    const place = all.findLastIndex((one) => one.listener === listener);
    if (place >= 0) {
      // A new array: an emit that is under way goes on with the old one.
      this.#keep(event, all.toSpliced(place, 1));
    }
    return this;
  }

  removeAllListeners(event?: string): this {
    if (event === undefined) {
      this.#registered.clear();
    } else {
      this.#registered.delete(event);
    }
    return this;
  }

  listeners(event: string): Listener[] {
    return (this.#registered.get(event) ?? []).map((one) => one.listener);
  }

  listenerCount(event: string): number {
    return this.#registered.get(event)?.length ?? 0;
  }

  /** Kept so that pages which call it go on working: there is no bound to set. */
  setMaxListeners(_most: number): this {
    return this;
  }

  /**
   * Calls the listeners in the order in which they were added.
   *
   * A listener that throws keeps neither the others nor the socket from their work; its error goes to the
   * page as an uncaught one. An `error` that nobody listens for goes to the console.
   *
   * @returns whether anybody listened
   */
  emit(event: string, ...values: unknown[]): boolean {
    const all = this.#registered.get(event) ?? [];
    if (all.length === 0 && event === "error") {
      console.error("taskrouter: an error that nobody listens for:", ...values);
    }
    for (const one of all) {
      if (one.once) {
        this.removeListener(event, one.listener);
      }
      try {
        one.listener.apply(this, values);
      } catch (error) {
        setTimeout(() => {
          throw error;
        }, 0);
      }
    }
    return all.length > 0;
  }

  #add(event: string, listener: Listener, once: boolean): this {
    if (typeof listener !== "function") {
      throw new TypeError(`the listener of ${event} has to be a function`);
    }
    this.#keep(event, [...(this.#registered.get(event) ?? []), { listener, once }]);
    return this;
  }

  #keep(event: string, all: Registered[]): void {
    if (all.length === 0) {
      this.#registered.delete(event);
    } else {
      this.#registered.set(event, all);
    }
  }
}
