import type { SensorRecord } from "../senml";
import { matches } from "../tabs/filter";
import type { FeedServer } from "../tabs/lead";
import { SharedFeed } from "../tabs/sharedFeed";
import type { TabMessage } from "../tabs/tabMessage";
import type { LockSeeker, TabChannel, TabLock } from "../tabs/tabPorts";
import { FakeSource } from "./feedStage";

/** A lock of all tabs as Web Locks have it: one holder, a line, and stealing. Answers come later. */
export class FakeLocks {
  private holder: LockSeeker | undefined;
  private line: LockSeeker[] = [];

  readonly lock: TabLock = {
    seek: (seeker) => {
      const waited = this.holder !== undefined;
      if (waited) this.line.push(seeker);
      else this.give(seeker, false);
      return () => this.leave(seeker);
    },
    seize: (seeker) => {
      const robbed = this.holder;
      this.give(seeker, true);
      if (robbed !== undefined) setTimeout(() => robbed.lost());
      return () => this.leave(seeker);
    },
  };

  private give(seeker: LockSeeker, waited: boolean): void {
    this.holder = seeker;
    setTimeout(() => {
      if (this.holder === seeker) seeker.held(waited);
    });
  }

  private leave(seeker: LockSeeker): void {
    this.line = this.line.filter((waiting) => waiting !== seeker);
    if (this.holder !== seeker) return;
    this.holder = undefined;
    const next = this.line.shift();
    if (next !== undefined) this.give(next, true);
  }
}

interface FakeEar {
  hear: (message: unknown) => void;
  frozen: boolean;
  queue: unknown[];
}

/** What tabs say reaches every other tab later, in order; a frozen one finds it when it thaws. */
export class FakeAir {
  private readonly ears = new Set<FakeEar>();
  readonly said: TabMessage[] = [];

  channel(): { channel: TabChannel; ear: FakeEar } {
    const ear: FakeEar = { hear: () => {}, frozen: false, queue: [] };
    this.ears.add(ear);
    const channel: TabChannel = {
      post: (message) => {
        if (!this.ears.has(ear)) return;
        this.said.push(message);
        for (const other of this.ears) if (other !== ear) this.carry(other, message);
      },
      hear: (hear) => {
        ear.hear = hear;
      },
      close: () => this.ears.delete(ear),
    };
    return { channel, ear };
  }

  thaw(ear: FakeEar): void {
    ear.frozen = false;
    for (const message of ear.queue.splice(0)) ear.hear(message);
  }

  private carry(ear: FakeEar, message: TabMessage): void {
    const copy = structuredClone(message);
    setTimeout(() => {
      if (ear.frozen) ear.queue.push(copy);
      else if (this.ears.has(ear)) ear.hear(copy);
    });
  }
}

/** A feed with one log: a connection is served from its position, or afresh, as protocol.md says. */
export class FakeFeed implements FeedServer {
  readonly sources: FakeSource[] = [];
  latestAsked: string[] = [];
  private readonly log: SensorRecord[] = [];

  get standing(): FakeSource[] {
    return this.sources.filter((source) => source.readyState !== 2);
  }

  open = (url: string): FakeSource => {
    const source = new FakeSource(url);
    this.sources.push(source);
    setTimeout(() => this.begin(source));
    return source;
  };

  latest = async (url: string): Promise<SensorRecord[]> => {
    this.latestAsked.push(url);
    return this.latestFor(url);
  };

  /** One reading of each sensor named; each has an offset of its own. */
  publish(...names: string[]): void {
    const before = this.log.length;
    for (const n of names) this.log.push({ n, v: this.log.length, t: this.log.length + 1 });
    for (const source of this.standing) if (source.readyState === 1) this.send(source, before);
  }

  private begin(source: FakeSource): void {
    if (source.readyState === 2) return;
    const asked = params(source.url).get("last_event_id");
    const id = asked ?? `e3f9-${this.log.length}`;
    source.hello(id, asked !== null);
    if (asked === null) source.say("snapshot", this.latestFor(source.url), id);
    else this.send(source, Number(asked.split("-")[1]));
  }

  private send(source: FakeSource, after: number): void {
    const wanted = this.log.slice(after).filter((record) => wants(source.url, record.n));
    const records = params(source.url).has("max_hz") ? wanted.slice(-1) : wanted;
    if (records.length > 0) source.say("readings", records, `e3f9-${this.log.length}`);
  }

  private latestFor(url: string): SensorRecord[] {
    const byName = new Map(this.log.map((record) => [record.n, record]));
    return [...byName.values()].filter((record) => wants(url, record.n));
  }
}

function params(url: string): URLSearchParams {
  return new URL(url, "http://page.test").searchParams;
}

function wants(url: string, name: string): boolean {
  const patterns = params(url).getAll("sensor");
  return patterns.length === 0 || patterns.some((pattern) => matches(pattern, name));
}

/** A tab of the fake browser. */
export class FakeTab {
  readonly feed: SharedFeed;
  readonly records: SensorRecord[] = [];
  readonly snapshots: SensorRecord[][] = [];
  private readonly ear: FakeEar;
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly browser: FakeBrowser,
    readonly name: string,
  ) {
    const { channel, ear } = browser.air.channel();
    this.ear = ear;
    this.feed = new SharedFeed({
      tab: name,
      server: this.stopping(browser.server),
      lock: browser.locks.lock,
      channel: this.muffled(channel),
      random: () => 0,
      now: Date.now,
    });
    this.feed.onEvent((event) => {
      if (event.type === "readings") this.records.push(...event.records);
      if (event.type === "snapshot") this.snapshots.push([...event.records]);
    });
    this.feed.start();
    this.startTicking();
  }

  /** Closed properly, or killed: then nobody is told but the lock goes on. */
  close(): void {
    clearInterval(this.ticking);
    this.feed.leave();
    this.ear.frozen = true;
  }

  /** Hangs without a word: its timers and messages wait, its lock stays held. */
  hang(): void {
    clearInterval(this.ticking);
    this.ear.frozen = true;
  }

  thaw(): void {
    this.browser.air.thaw(this.ear);
    this.startTicking();
  }

  private startTicking(): void {
    this.ticking = setInterval(() => this.feed.tick(0), 1000);
  }

  /** A tab that hangs hears nothing of its connection either. */
  private stopping(server: FakeFeed): FeedServer {
    return {
      latest: server.latest,
      open: (url) => {
        const source = server.open(url);
        const say = source.say.bind(source);
        source.say = (type, data, id) => {
          if (!this.ear.frozen) say(type, data, id);
        };
        return source;
      },
    };
  }

  private muffled(channel: TabChannel): TabChannel {
    return {
      ...channel,
      post: (message) => {
        if (!this.ear.frozen) channel.post(message);
      },
    };
  }
}

/** One browser: its tabs share a lock, a channel and the server. */
export class FakeBrowser {
  readonly locks = new FakeLocks();
  readonly air = new FakeAir();
  readonly server = new FakeFeed();
  private tabs = 0;

  tab(): FakeTab {
    this.tabs += 1;
    return new FakeTab(this, `tab-${this.tabs}`);
  }
}
