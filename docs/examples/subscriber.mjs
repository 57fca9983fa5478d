/**
 * Follows a stream of siko from where it last stopped; needs `@nats-io/transport-node` and
 * `@nats-io/jetstream`, nothing of siko.
 *
 *     node subscriber.mjs nats://127.0.0.1:8401 SIKO_SCHEDULER events.json
 *     node subscriber.mjs nats://nats.example.org SIKO_SCHEDULER events.json credentials
 *
 * Each message names its own position and that of the message before it, so that nothing can be
 * missing unnoticed, and its epoch, so that a restored producer is noticed. What the events did and
 * how far we are is one file, which is replaced by another one: an event takes effect once, however
 * often this program is ended.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const SILENCE_MS = 10_000;

/** The stream goes on behind an event that never came. */
class MessageMissing extends Error {}

/** The producer was restored: what we have applied is not what leads to this message. */
class AnotherHistory extends Error {}

/** How far we are, in the file that holds the effects too. */
class Place {
  constructor(file, stream) {
    this.file = file;
    this.stream = stream;
    this.forget();
    if (existsSync(file)) Object.assign(this, JSON.parse(readFileSync(file, "utf8")));
  }

  /** Begin anew: nothing of this stream is certain any more. */
  forget() {
    Object.assign(this, { position: 0, sequence: 0, epochs: [], events: [] });
  }

  keep() {
    const { position, sequence, epochs, events } = this;
    writeFileSync(`${this.file}.new`, JSON.stringify({ position, sequence, epochs, events }), { flush: true });
    renameSync(`${this.file}.new`, this.file);
  }

  /** Whether we have read in this epoch; messages of earlier versions name none. */
  knows(epoch) {
    return !epoch || !this.epochs.length || this.epochs.includes(epoch);
  }

  apply(headers, sequence, body) {
    const position = Number(headers.get("Siko-Position"));
    const previous = Number(headers.get("Siko-Previous"));
    const epoch = headers.get("Siko-Epoch"); // "" where there is none
    const isKnown = this.knows(epoch);
    if (position <= this.position && isKnown) return; // we have had it
    const type = decodeURIComponent(headers.get("ce-type"));
    const event = JSON.parse(body);
    const lost = type === "history_lost.v1" ? event : null;
    if (!isKnown && !(lost && previous === this.position)) {
      throw new AnotherHistory(`${this.stream}: epoch ${epoch} at ${position}`);
    }
    const leadsOn = lost && lost.from <= this.position && this.position <= lost.to;
    if (previous !== this.position && !leadsOn) {
      throw new MessageMissing(`${this.stream}: ${previous} of ${position} before it is missing`);
    }
    if (lost) {
      // the producer's database was restored: what came from there never was
      this.events = this.events.filter((each) => each.position < lost.from || each.position > lost.to);
    }
    this.events.push({ position, type, aggregate_id: event.aggregate_id, event_id: event.event_id });
    if (epoch && !this.epochs.includes(epoch)) this.epochs.push(epoch);
    Object.assign(this, { position, sequence });
    console.log(position, type, event.aggregate_id);
  }
}

/** Whether sequences are others now: ours does not hold the message that it held. */
async function filledAnew(manager, place) {
  if (!place.sequence) return false;
  const held = await manager.streams.getMessage(place.stream, { seq: place.sequence });
  if (!held) return true;
  return Number(held.header.get("Siko-Position")) !== place.position || !place.knows(held.header.get("Siko-Epoch"));
}

/** Applies what comes from this sequence on, until it has been silent for a while. */
async function read(client, manager, place, first) {
  const { name } = await manager.consumers.add(place.stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: first,
    ack_policy: AckPolicy.None, // our place is kept by us
    inactive_threshold: 2 * SILENCE_MS * 1e6,
  });
  const consumer = await jetstream(client).consumers.get(place.stream, name);
  for (let taken = 1; taken > 0; ) {
    taken = 0;
    const batch = await consumer.fetch({ max_messages: 500, expires: SILENCE_MS });
    try {
      for await (const message of batch) {
        // others may have their consumers deliver at our inbox too
        if (message.info.stream !== place.stream || message.info.consumer !== name) continue;
        taken += 1;
        place.apply(message.headers, message.seq, new TextDecoder().decode(message.data));
        if (!message.info.pending) break; // for now that was all
      }
    } finally {
      if (taken) place.keep();
      await batch.close();
    }
  }
}

/** From the one line `user:password`; whoever has a login is answered in an inbox of its own. */
function login(credentials) {
  const [user, ...rest] = readFileSync(credentials, "utf8").trim().split(":");
  return { user, pass: rest.join(":"), inboxPrefix: `_INBOX_${user}` };
}

/** For ever. MessageMissing where not even the whole stream holds the next event. */
async function follow(url, stream, file, credentials) {
  const place = new Place(file, stream);
  const asWhom = credentials ? login(credentials) : {};
  const client = await connect({ servers: url, maxReconnectAttempts: -1, ...asWhom });
  const manager = await jetstreamManager(client);
  let whole = false;
  for (;;) {
    const before = place.position;
    try {
      whole = whole || (await filledAnew(manager, place));
      await read(client, manager, place, whole ? 1 : place.sequence + 1);
      whole = false;
    } catch (error) {
      if (error instanceof MessageMissing) {
        if (whole) throw error;
        // lost on the way; or the stream was filled anew, and sequences are others now
        whole = place.position === before;
      } else if (error instanceof AnotherHistory) {
        console.error(`${error.message}: read anew from the beginning`);
        place.forget();
        place.keep();
        whole = true;
      } else {
        console.error(`NATS: ${error.message}; again in a second`);
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  }
}

try {
  await follow(...process.argv.slice(2, 6));
} catch (error) {
  console.error(`${error.message}; ask the operator to refill the stream, then start again`);
  process.exit(1);
}
