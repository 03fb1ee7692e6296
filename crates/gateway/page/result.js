// The place where the page says what happened: one result at a time; a new one ends what went on for the old one.

import { byId, element, facts, traceLink } from './dom.js';

let running = new AbortController();

/** Clears the place for something new; the signal tells when that is over because the next began. */
export function begin(title) {
  running.abort();
  running = new AbortController();
  byId('result').replaceChildren(element('section', { 'aria-label': title }, element('h3', {}, title)));
  return running.signal;
}

export function show(...nodes) {
  const place = byId('result').firstElementChild;
  const first = place.childElementCount === 1;
  place.append(...nodes);
  if (first) place.scrollIntoView({ block: 'nearest' });
}

export function showTrouble(trouble) {
  const where = trouble.pointer ? ` (at ${trouble.pointer})` : '';
  show(element('p', { class: 'trouble' }, element('strong', {}, `${trouble.message}${where}`), trouble.advice ?? ''));
}

/** A step of a journey; `done` and `failed` change it once. */
export function step(name) {
  const words = element('span', {}, ' …');
  const item = element('li', { class: 'waiting' }, element('span', { class: 'step-name' }, name), words);
  const end = (outcome, text) => {
    item.className = outcome;
    words.textContent = `: ${text}`;
  };
  return { item, done: (text) => end('done', text), failed: (text) => end('failed', text) };
}

/** Where an event is, as a look-up tells it. */
export function whereabouts(found) {
  return facts({
    Status: found.status?.replace('_', ' '),
    Cause: found.cause,
    'Stored at': found.storedAt,
    'Received at': found.receivedAt,
    Topic: found.topic,
    Partition: found.partition,
    Offset: found.offset,
    Trace: traceLink(found.traceId),
  });
}
