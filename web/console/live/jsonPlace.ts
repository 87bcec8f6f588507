/** Where in a JSON text something stands. */

interface Container {
  readonly isObject: boolean;
  /** Of the value that stands here or comes next. */
  key: string | number;
  isBeforeKey: boolean;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;

/**
 * Where the value at a path begins, or as much of the path as there is.
 *
 * @param text JSON that can be read
 * @param path such as `task_routing.filters[0].expression`
 * @returns index of a character
 */
export function placeIn(text: string, path: string): number {
  const wanted = path.split(/[.[\]]+/).filter((part) => part !== "");
  const around: Container[] = [];
  let [place, depth] = [0, 0];
  const value = (at: number) => {
    const isOnTheWay = around.every(({ key }, level) => String(key) === wanted[level]);
    if (isOnTheWay && around.length >= depth) {
      [place, depth] = [at, around.length];
    }
  };
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const token = found[1] ?? "";
    const at = TOKEN.lastIndex - token.length;
    const here = around.at(-1);
    if (token === "{" || token === "[") {
      value(at);
      around.push({ isObject: token === "{", key: token === "{" ? "" : 0, isBeforeKey: token === "{" });
    } else if (token === "}" || token === "]") {
      around.pop();
    } else if (token === ",") {
      if (here?.isObject === true) {
        here.isBeforeKey = true;
      } else if (typeof here?.key === "number") {
        here.key += 1;
      }
    } else if (token === ":") {
      continue;
    } else if (here?.isBeforeKey === true) {
      here.key = JSON.parse(token) as string;
      here.isBeforeKey = false;
    } else {
      value(at);
    }
  }
  return place;
}
