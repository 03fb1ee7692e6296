// The gateway's API as the pages use it. The key is read from its field for each call and kept nowhere.

import { byId } from './dom.js';

/** What went wrong, in words: `message` says what, `advice` what to do. */
export class Trouble extends Error {
  constructor(message, { advice = '', status = 0, kind = '', pointer = '', retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { advice, status, kind, pointer, retryAfter });
  }
}

const ADVICE = {
  unauthorized: 'Type a key that this gateway knows.',
  forbidden: 'Use a key with the role that is needed and with this source among its own.',
  'rate-limited': 'Wait a moment, then try again.',
  unavailable: 'Try again with the same id: that is safe.',
  shed: 'Operators keep such events out for now. Try again later with the same id: that is safe.',
  overloaded: 'Try again with the same id: that is safe.',
};

export async function sendEvent(event) {
  return call('/v1/events', { method: 'POST', headers: { 'content-type': 'application/cloudevents+json' }, body: event });
}

export async function findEvent({ source, id }, signal) {
  return call(`/v1/event?${new URLSearchParams({ source, id })}`, { signal });
}

async function call(path, { headers = {}, ...request }) {
  const response = await answered(path, { ...request, headers: { ...headers, ...authorization() }, cache: 'no-store', credentials: 'omit' });
  const body = await json(response);
  if (response.ok) return body;
  throw new Trouble(body?.detail ? `${body.title}: ${body.detail}` : `The gateway answered with status ${response.status}.`, {
    advice: ADVICE[kindOf(body)],
    status: response.status,
    kind: kindOf(body),
    pointer: body?.pointer,
    retryAfter: Number(response.headers.get('retry-after')) || 0,
  });
}

async function answered(path, request) {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Trouble('The gateway gave no answer.', { advice: 'Is it running, and can this browser reach it?' });
  }
}

async function json(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return null; // not from the gateway itself, but from something before it; the status tells
  }
}

const kindOf = (problem) => String(problem?.type ?? '').split(':').pop();

export function authorization() {
  const key = byId('key')?.value.trim();
  if (!key) return {};
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Trouble('This is not a key: it holds a character that no key has.', { advice: ADVICE.unauthorized });
  return { authorization: `Bearer ${key}` };
}
