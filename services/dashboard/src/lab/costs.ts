import { finiteOr, isObject, parseObject } from "../json";

export type TransportName = "sse" | "websocket" | "polling";

export const TRANSPORTS: readonly TransportName[] = ["sse", "websocket", "polling"];

/** Totals of one transport on a replica, or what they grew by. */
export interface Cost {
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly messages: number;
  readonly connections: number;
}

/** What a replica has spent since it began. */
export interface Costs {
  readonly since: number;
  readonly serverTime: number;
  readonly cpuSeconds: number;
  readonly transports: Readonly<Record<TransportName, Cost>>;
}

/** Reads the answer of `/costs`; undefined when it is none. */
export function parseCosts(text: string): Costs | undefined {
  const told = parseObject(text);
  const by = told?.["transports"];
  if (told === undefined || !isObject(by)) return undefined;
  return {
    since: finiteOr(told["since"], 0),
    serverTime: finiteOr(told["server_time"], 0),
    cpuSeconds: finiteOr(told["cpu_seconds"], 0),
    transports: {
      sse: cost(by, "sse"),
      websocket: cost(by, "websocket"),
      polling: cost(by, "polling"),
    },
  };
}

/** What was spent between two answers; undefined where two replicas gave them. */
export function spentBetween(first: Costs, last: Costs): Costs | undefined {
  if (first.since !== last.since) return undefined;
  const grown = (name: TransportName): Cost => {
    const [before, after] = [first.transports[name], last.transports[name]];
    return {
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      bytes: after.bytes - before.bytes,
      messages: after.messages - before.messages,
      connections: after.connections,
    };
  };
  return {
    since: last.since,
    serverTime: last.serverTime - first.serverTime,
    cpuSeconds: last.cpuSeconds - first.cpuSeconds,
    transports: {
      sse: grown("sse"),
      websocket: grown("websocket"),
      polling: grown("polling"),
    },
  };
}

function cost(by: Readonly<Record<string, unknown>>, name: TransportName): Cost {
  const one = by[name];
  const fields = isObject(one) ? one : {};
  return {
    cpuSeconds: finiteOr(fields["cpu_seconds"], 0),
    bytes: finiteOr(fields["bytes"], 0),
    messages: finiteOr(fields["messages"], 0),
    connections: finiteOr(fields["connections"], 0),
  };
}
