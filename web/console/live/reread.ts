/** Reads again what something has happened to, one reading at a time: no answer overtakes a later one. */

export interface Rereading {
  /** Something has happened: what was read may be older. */
  again(): void;
  end(): void;
}

/**
 * Read at once, and again at each call.
 *
 * @param read asks the server
 * @param show takes what was found, until the end
 * @param fail takes the reason for which nothing was found, until the end
 * @param apartMs how long to collect what happens before it is read again
 */
export function reread<T>(
  read: () => Promise<T>,
  show: (found: T) => void,
  fail: (error: unknown) => void,
  apartMs = 0,
): Rereading {
  let isOver = false;
  let isReading = false;
  let isStale = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const once = async () => {
    timer = undefined;
    isReading = true;
    isStale = false;
    const settle = await read().then(
      (found) => () => show(found),
      (error: unknown) => () => fail(error),
    );
    isReading = false;
    if (isOver) {
      return;
    }
    settle();
    if (isStale) {
      again();
    }
  };
  const again = () => {
    if (isReading) {
      isStale = true;
    } else {
      timer ??= setTimeout(() => void once(), apartMs);
    }
  };
  void once();
  return {
    again,
    end: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
