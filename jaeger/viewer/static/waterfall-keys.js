// Owns the keyboard of the waterfall, after the ARIA pattern for trees: arrows move and fold, Home, End and Page keys
// jump, Enter or Space opens the span, * opens everything.

const MOVES = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: () => Infinity,
};

export function handleTreeKey(event, tree) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const act = event.key in MOVES ? () => move(tree, MOVES[event.key]) : ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act(tree);
}

const ACTS = {
  ArrowRight(tree) {
    const span = tree.active;
    if (tree.isCollapsed(span)) tree.toggle(span);
    else if (span.children.length > 0) tree.reveal(span.children[0]);
  },
  ArrowLeft(tree) {
    const span = tree.active;
    if (span.children.length > 0 && !tree.isCollapsed(span)) tree.toggle(span);
    else if (span.parent) tree.reveal(span.parent);
  },
  Enter: (tree) => tree.choose(tree.active),
  " ": (tree) => tree.choose(tree.active),
  "*": (tree) => tree.expandAll(),
};

function move(tree, to) {
  const { rows } = tree;
  const target = to(tree.position(tree.active), tree.pageSize);
  tree.reveal(rows[Math.min(rows.length - 1, Math.max(0, target))]);
}
