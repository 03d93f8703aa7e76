// Leads the keyboard to where the desk goes on: once a step, never while a step lasts, and
// never away from where a person went meanwhile. Among the free times the arrow keys go from
// one to the next.

const PATIENCE_MS = 1500;

// Kept for the tab: Streamlit may draw the mount itself anew in the middle of a step.
let led;
// Whether the person went on alone since the last deed: by Tab, an arrow, or into a field.
let alone = document.activeElement?.matches("input, textarea");

function follow({ type, key, altKey, target }) {
  if (type === "keydown") {
    if (/^(Tab|Arrow.*)$/.test(key)) alone = true;
    else if (altKey || key === "Enter" || key === " ") alone = false;
  } else alone = target.matches("input, textarea");
}
for (const kind of ["keydown", "pointerdown", "input"]) {
  document.addEventListener(kind, follow, true);
}

function arrows(event) {
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  const times = event.target.closest?.(".st-key-times");
  if (!step || !times || event.target.tagName !== "BUTTON") return;
  const buttons = [...times.querySelectorAll("button:not([disabled])")];
  const next = buttons[buttons.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function lead(to) {
  // What is drawn anew loses the focus to the body: from there everybody is led.
  if (alone && document.activeElement !== document.body) return;
  // A card is no field, but the next Tab leads to its first button.
  if (!to.matches("input, button")) to.tabIndex = -1;
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lead");
  document.addEventListener("keydown", arrows);
  const leave = () => {
    cancelAnimationFrame(root.waiting);
    document.removeEventListener("keydown", arrows);
  };
  if (led === data.step) return leave;
  const until = performance.now() + PATIENCE_MS;
  const look = () => {
    const found = document.querySelector(data.to);
    if (!found && performance.now() < until) root.waiting = requestAnimationFrame(look);
    else led = data.step;
    if (found) lead(found);
  };
  cancelAnimationFrame(root.waiting);
  root.waiting = requestAnimationFrame(look);
  return leave;
}
