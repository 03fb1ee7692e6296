// What the page of the API can do beyond being read: send each call, and show what came back.

import { Trouble, authorization } from './api.js';
import { element } from './dom.js';

const trials = document.querySelectorAll('[data-trial]');

for (const form of document.querySelectorAll('form.trial')) {
  offerSamples(form);
  form.addEventListener('submit', (submit) => {
    submit.preventDefault();
    const button = form.querySelector('button');
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    send(form).finally(() => button.removeAttribute('aria-disabled'));
  });
}
openWhatIsNamed();
addEventListener('hashchange', openWhatIsNamed);
// Last: what is shown works.
for (const trial of trials) trial.hidden = false;

/** A link to a schema opens it. */
function openWhatIsNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

/** The chosen sample fills the body; the headers of binary mode belong to that mode only. */
function offerSamples(form) {
  const choice = form.querySelector('[data-sample]');
  if (!choice) return;
  const choose = () => {
    form.querySelector('textarea').value = choice.selectedOptions[0].dataset.body;
    for (const field of form.querySelectorAll('[name^=ce-]')) field.disabled = !isBinary(form);
  };
  choice.addEventListener('change', choose);
  choose();
}

function mediaType(form) {
  return form.querySelector('[data-sample]')?.selectedOptions[0].dataset.mediaType;
}

function isBinary(form) {
  return !mediaType(form)?.startsWith('application/cloudevents');
}

async function send(form) {
  const outcome = form.querySelector('.outcome');
  outcome.replaceChildren();
  try {
    const response = await answered(form);
    outcome.replaceChildren(...shown(response, await response.text()));
  } catch (trouble) {
    const advice = trouble instanceof Trouble ? trouble.advice : 'Is it running, and can this browser reach it?';
    const words = trouble instanceof Trouble ? trouble.message : 'The gateway gave no answer.';
    outcome.replaceChildren(element('p', { class: 'trouble' }, element('strong', {}, words), advice));
  }
}

function answered(form) {
  const { method, path, keyed } = form.dataset;
  const headers = { ...given(form, 'header'), ...(keyed === undefined ? {} : authorization()) };
  const body = form.querySelector('textarea')?.value;
  if (body !== undefined) headers['content-type'] = mediaType(form);
  const query = new URLSearchParams(given(form, 'query'));
  const filled = Object.entries(given(form, 'path')).reduce((all, [name, value]) => all.replace(`{${name}}`, encodeURIComponent(value)), path);
  return fetch(query.size ? `${filled}?${query}` : filled, { method, headers, body, cache: 'no-store', credentials: 'omit' });
}

/** The fields in this place that are filled and count now. */
function given(form, place) {
  const fields = [...form.querySelectorAll(`[data-in=${place}]`)].filter((field) => field.value && !field.disabled);
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

function shown(response, text) {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  const status = element('p', { class: `summary ${response.ok ? 'well' : 'ill'}` }, `${response.status} ${response.statusText}`);
  return [status, listing('Headers of the answer', headers), ...(text ? [listing('Body of the answer', legible(text, response))] : [])];
}

function listing(label, text) {
  return element('pre', { tabindex: '0', 'aria-label': label }, element('code', {}, text));
}

/** JSON on many lines; numbers stay as they are only where they are no larger than JavaScript's. */
function legible(text, response) {
  if (!/json/.test(response.headers.get('content-type'))) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // cut off on its way
  }
}
