// Owns which colour slot a service gets: the same name gives the same slot on every page unless two names on one
// page would collide. The colours themselves are in frame.css (--service-0 …).

const SLOTS = 12;

function hash(name) {
  let value = 2166136261; // FNV-1a
  for (const character of name) value = Math.imul(value ^ character.codePointAt(0), 16777619) >>> 0;
  return value;
}

/** Gives each of the names a CSS colour; returns a function from name to colour. */
export function serviceColours(names) {
  const slots = new Map();
  const taken = new Set();
  for (const name of [...new Set(names)].sort()) {
    let slot = hash(name) % SLOTS;
    for (let tried = 0; taken.has(slot) && tried < SLOTS; tried += 1) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    slots.set(name, slot);
  }
  return (name) => `var(--service-${slots.get(name) ?? hash(name) % SLOTS})`;
}
