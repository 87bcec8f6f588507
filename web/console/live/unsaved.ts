/** What was typed and is not saved: whoever would leave it is asked first. */

const held = new Set<object>();

/** @param typed stands for what somebody has typed */
export function hold(typed: object): void {
  held.add(typed);
}

/** It is saved or given up. */
export function release(typed: object): void {
  held.delete(typed);
}

/** @returns whether the page may be left; whoever says so is not asked again */
export function mayLeave(): boolean {
  if (held.size > 0 && !confirm("What you typed here is not saved. Leave it?")) {
    return false;
  }
  held.clear();
  return true;
}

addEventListener("beforeunload", (event) => {
  if (held.size > 0) {
    event.preventDefault();
  }
});
