// Owns the question “which work decided when the trace ended?”: the critical path, found by walking back from the end
// through the child that finished last. A child that starts after its parent ended (a message consumed later) belongs
// to it too; the wait between them is then nobody's time. Pure.

/** Gives, for each span on the critical path of the trace's first root, its stretches {from, to}. */
export function criticalPath(trace) {
  const stretches = new Map();
  const [root] = trace.roots;
  if (!root) return stretches;
  const finish = lastFinish(trace.spans);
  const waiting = [root];
  while (waiting.length > 0) {
    const span = waiting.pop();
    let cursor = finish.get(span);
    for (const child of [...span.children].sort((a, b) => finish.get(b) - finish.get(a))) {
      if (finish.get(child) > cursor) continue; // ran beside a child that is on the path already
      addStretch(stretches, span, finish.get(child), cursor);
      waiting.push(child);
      cursor = child.start;
    }
    addStretch(stretches, span, span.start, cursor);
  }
  return stretches;
}

// When the last span of each subtree ended. Display order has parents first, so backwards children come first.
function lastFinish(spans) {
  const finish = new Map(spans.map((span) => [span, span.end]));
  for (const span of [...spans].reverse()) {
    if (span.parent) finish.set(span.parent, Math.max(finish.get(span.parent), finish.get(span)));
  }
  return finish;
}

function addStretch(stretches, span, from, to) {
  const stretch = { from: Math.max(from, span.start), to: Math.min(to, span.end) };
  if (stretch.to <= stretch.from) return;
  if (!stretches.has(span)) stretches.set(span, []);
  stretches.get(span).push(stretch);
}
