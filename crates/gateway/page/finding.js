// The form that looks an event up by its source and id.

import { findEvent } from './api.js';
import { byId, element } from './dom.js';
import { begin, show, showTrouble, whereabouts } from './result.js';

export function offerFinding() {
  byId('find-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    find();
  });
}

async function find() {
  const signal = begin('What was found');
  try {
    const found = await findEvent({ source: byId('find-source').value, id: byId('find-id').value }, signal);
    show(whereabouts(found));
    if (found.event) show(element('pre', { tabindex: '0', 'aria-label': 'The event' }, element('code', {}, JSON.stringify(found.event, null, 2))));
  } catch (trouble) {
    if (!signal.aborted) showTrouble(trouble);
  }
}
