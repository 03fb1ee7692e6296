// The form that sends a sample event, and the event's journey from receipt to row.

import { Trouble, sendEvent } from './api.js';
import { byId, element, facts, traceLink } from './dom.js';
import { follow } from './journey.js';
import { begin, show, showTrouble, step } from './result.js';

export function offerSending() {
  byId('send-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    const button = submit.target.querySelector('button');
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    send().finally(() => button.removeAttribute('aria-disabled'));
  });
}

async function send() {
  const signal = begin('The journey of your event');
  try {
    const { identity, text } = sample();
    const accepted = step('Accepted');
    show(element('ol', { class: 'steps' }, accepted.item));
    const receipt = await sendAndTime(text, accepted);
    show(facts({ Id: receipt.id, Source: receipt.source, Topic: receipt.topic, Partition: receipt.partition, Offset: receipt.offset, Trace: traceLink(receipt.traceId) }));
    prefillFinding(identity);
    // The form can be used again while this event is followed; a new one ends that.
    followToRow(identity, accepted.item.parentElement, signal);
  } catch (trouble) {
    if (signal.aborted) return;
    showTrouble(trouble);
  }
}

async function sendAndTime(text, accepted) {
  const began = performance.now();
  try {
    const receipt = await sendEvent(text);
    const how = receipt.repeat ? 'it was accepted before, this is its first receipt' : `in ${shown(performance.now() - began)}, held by all in-sync replicas`;
    accepted.done(how);
    return receipt;
  } catch (trouble) {
    accepted.failed('not accepted');
    throw trouble;
  }
}

async function followToRow(identity, steps, signal) {
  const stored = step('Stored');
  const began = performance.now();
  steps.append(stored.item);
  try {
    const found = await follow(identity, signal);
    if (found?.status === 'stored') stored.done(`a row ${shown(performance.now() - began)} after its receipt`);
    else if (found) stored.failed('it became a dead letter');
    else stored.failed('not within a minute. It is safe in Kafka; find it later with the form.');
    if (found) show(facts({ 'Received at': found.receivedAt, 'Stored at': found.storedAt, Cause: found.cause }));
  } catch (trouble) {
    if (signal.aborted) return;
    stored.failed('cannot be followed');
    showTrouble(trouble.status === 403 ? new Trouble(trouble.message, { advice: 'The event is accepted and safe. Following it needs a key with the role read.' }) : trouble);
  }
}

/** The event that the form describes, as text: numbers in its data stay as they were typed. */
function sample() {
  const data = byId('send-data');
  const text = data.value.trim() || 'null';
  data.removeAttribute('aria-invalid');
  try {
    JSON.parse(text);
  } catch (error) {
    data.setAttribute('aria-invalid', 'true');
    data.focus();
    throw new Trouble('The data is not JSON.', { advice: error.message });
  }
  const identity = { source: byId('send-source').value, id: byId('send-id').value || randomId() };
  const attributes = JSON.stringify({ specversion: '1.0', ...identity, type: byId('send-type').value, time: new Date().toISOString() });
  return { identity, text: `${attributes.slice(0, -1)},"data":${text}}` };
}

/** Not crypto.randomUUID: that exists only where the page came by HTTPS or from this machine. */
function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function prefillFinding({ source, id }) {
  byId('find-source').value = source;
  byId('find-id').value = id;
}

const shown = (milliseconds) => (milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);
