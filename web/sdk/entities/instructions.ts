/** What may be asked of a reservation besides accepting it, and by which names on the wire. */

import { isObject, serialised } from "../overloads.ts";
import type { Params } from "../transport.ts";

/** A method's arguments in their order: the name in an options object, and the name on the wire. */
export type Signature = readonly (readonly [option: string, wire: string])[];

export const DEQUEUE: Signature = [
  ["from", "DequeueFrom"],
  ["postWorkActivitySid", "DequeuePostWorkActivitySid"],
  ["record", "DequeueRecord"],
  ["timeout", "DequeueTimeout"],
  ["statusCallbackUrl", "DequeueStatusCallbackUrl"],
  ["statusCallbackEvents", "DequeueStatusCallbackEvent"],
  ["to", "DequeueTo"],
];
export const CALL: Signature = [
  ["from", "CallFrom"],
  ["url", "CallUrl"],
  ["statusCallbackUrl", "CallStatusCallbackUrl"],
  ["accept", "CallAccept"],
  ["record", "CallRecord"],
  ["to", "CallTo"],
];
export const REDIRECT: Signature = [
  ["callSid", "RedirectCallSid"],
  ["url", "RedirectUrl"],
  ["accept", "RedirectAccept"],
];
export const CONFERENCE: Signature = [
  ["from", "From"],
  ["postWorkActivitySid", "PostWorkActivitySid"],
  ["timeout", "Timeout"],
  ["to", "To"],
];

const CALL_EVENTS = /^\s*(?:initiated|ringing|answered|completed)\s*(?:,|$)/;
const EVENTS_PLACE = 5;

/**
 * The arguments of `dequeue` in their order.
 *
 * The published sample leaves out `statusCallbackEvents` and has `to` in its place: what stands there as
 * the last value and names no event of a call is whom to call.
 */
export function dequeueValues(values: readonly unknown[]): readonly unknown[] {
  const last = values[EVENTS_PLACE];
  const isTo = values.length === EVENTS_PLACE + 1 && typeof last === "string" && !CALL_EVENTS.test(last);
  return isTo ? values.toSpliced(EVENTS_PLACE, 0, undefined) : values;
}

/**
 * The parameters of an instruction, from arguments one by one or from one object of them.
 *
 * What follows the last named argument is an object of further parameters, which go before the others.
 */
export function instruct(name: string, signature: Signature, values: readonly unknown[]): Params {
  const [first] = values;
  const params: Record<string, unknown> = { Instruction: name };
  if (isObject(first)) {
    const wires = new Map(signature);
    for (const [option, value] of Object.entries(first)) {
      params[wires.get(option) ?? option] = value;
    }
  } else {
    signature.forEach(([, wire], place) => (params[wire] = values[place]));
    Object.assign(params, values.slice(signature.length).find(isObject));
  }
  const lists = Object.entries(params).filter(([, value]) => Array.isArray(value));
  return { ...serialised(params), ...Object.fromEntries(lists) };
}
