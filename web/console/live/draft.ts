/** One resource in an editor: loaded with its version, typed over, and saved only over that version. */

import { useEffect, useState } from "preact/hooks";

import type { Bridge, Params } from "./bridge.ts";
import { Refused, wordsOf } from "./refused.ts";
import { release } from "./unsaved.ts";

export interface Draft<T> {
  /** What is saved, as far as is known; undefined for a new one or while it is read. */
  readonly saved: T | undefined;
  /** Stands for what is typed over it: let go of once that is saved, or given up. */
  readonly typed: object;
  readonly isBusy: boolean;
  readonly trouble: string;
  /** Whether there is no such thing to edit. */
  readonly isMissing: boolean;
  /** When it was last saved from here, in milliseconds; undefined while it was not. */
  readonly savedMs: number | undefined;
  /** Whether somebody else has saved since this was read. */
  readonly isOvertaken: boolean;
  /** @returns the resource, or undefined where it was refused */
  save(form: Params, anyway?: boolean): Promise<T | undefined>;
  remove(): Promise<boolean>;
  /** Read it anew: what was typed is for the editor to give up. */
  reload(): Promise<T | undefined>;
}

const MISSING = 404;
const OVERTAKEN = 412;

/**
 * @param path of the resource, or of its list with `isNew`
 * @param fields what the editor changes: a version in which only others differ overtakes nobody
 */
export function useDraft<T>(
  bridge: Bridge,
  path: string,
  isNew: boolean,
  fields: readonly (keyof T)[],
): Draft<T> {
  const [typed] = useState({});
  const [saved, setSaved] = useState<T>();
  const [etag, setEtag] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  const [isOvertaken, setIsOvertaken] = useState(false);
  const [savedMs, setSavedMs] = useState<number>();

  const doing = async <R>(work: () => Promise<R>): Promise<R | undefined> => {
    setIsBusy(true);
    setTrouble("");
    setSavedMs(undefined);
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused && error.status === OVERTAKEN) {
        setIsOvertaken(true);
      } else {
        setIsMissing(error instanceof Refused && error.status === MISSING);
        setTrouble(wordsOf(error));
      }
      return undefined;
    } finally {
      setIsBusy(false);
    }
  };
  /** Do it over the version that was read, or over a later one that is the same to the editor. */
  const over = async <R>(work: (version: string | null) => Promise<R>): Promise<R> => {
    try {
      return await work(etag);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== OVERTAKEN) {
        throw error;
      }
      const now = await bridge.ask<T>("GET", path);
      if (fields.some((field) => now.payload[field] !== saved?.[field])) {
        throw error;
      }
      return work(now.etag);
    }
  };
  const take = (answer: { payload: T; etag: string | null }): T => {
    setSaved(answer.payload);
    setEtag(answer.etag);
    setIsOvertaken(false);
    release(typed);
    return answer.payload;
  };
  const reload = () => doing(async () => take(await bridge.ask<T>("GET", path)));
  useEffect(() => {
    if (!isNew) {
      void reload();
    }
  }, [path, isNew]);
  return {
    saved,
    typed,
    isBusy,
    trouble,
    isMissing,
    savedMs,
    isOvertaken,
    save: (form, anyway = false) =>
      doing(async () => {
        const post = (version: string | null) => bridge.ask<T>("POST", path, form, version);
        const now = take(await (isNew || anyway ? post(null) : over(post)));
        setSavedMs(Date.now());
        return now;
      }),
    remove: async () =>
      (await doing(async () => {
        await over((version) => bridge.ask("DELETE", path, {}, version));
        release(typed);
        return true;
      })) ?? false,
    reload,
  };
}
