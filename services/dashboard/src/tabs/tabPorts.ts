import type { TabMessage } from "./tabMessage";

/** How tabs of one browser talk; what a tab says it doesn't hear itself. Order per tab is kept. */
export interface TabChannel {
  post(message: TabMessage): void;
  hear(hear: (message: unknown) => void): void;
  close(): void;
}

export interface LockSeeker {
  /** The lock is ours; `waited` tells that others held it or stood in line before. */
  held(waited: boolean): void;
  /** Somebody took it away. */
  lost(): void;
}

/** The one lock of all tabs: given to the next in line when its holder closes, crashes or lets go. */
export interface TabLock {
  /** Stands in line; the answer leaves the line, or gives the lock back. */
  seek(seeker: LockSeeker): () => void;
  /** Takes it from whoever holds it, ahead of the line. */
  seize(seeker: LockSeeker): () => void;
}

/** The browser's own channel, or undefined where it has none. */
export function browserChannel(name: string): TabChannel | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    hear: (hear) => {
      channel.onmessage = (event) => hear(event.data);
    },
    close: () => channel.close(),
  };
}

/** The browser's own lock (Web Locks, secure contexts only), or undefined where it has none. */
export function browserLock(name: string): TabLock | undefined {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (locks === undefined) return undefined;
  return {
    seek: (seeker) => request(locks, name, seeker, false),
    seize: (seeker) => request(locks, name, seeker, true),
  };
}

function request(locks: LockManager, name: string, seeker: LockSeeker, steal: boolean): () => void {
  let giveBack = () => {};
  let left = false;
  const line = new AbortController();
  const hold = (waited: boolean) => () => {
    if (left) return undefined;
    return new Promise<void>((resolve) => {
      giveBack = resolve;
      seeker.held(waited);
    });
  };
  const ask = async () => {
    if (steal) return locks.request(name, { steal }, hold(true));
    let busy = false;
    await locks.request(name, { ifAvailable: true }, (lock) => {
      busy = lock === null;
      return busy ? undefined : hold(false)();
    });
    if (busy && !left) await locks.request(name, { signal: line.signal }, hold(true));
  };
  // Rejects with AbortError both when we leave the line and when the lock is taken from us.
  ask().catch(() => {
    if (!left) seeker.lost();
  });
  return () => {
    left = true;
    line.abort();
    giveBack();
  };
}
