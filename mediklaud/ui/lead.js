// Leads the keyboard to where the desk goes on: once a step, never while a step lasts. Among
// the free times the arrow keys go from one to the next.

const PATIENCE_MS = 1500;

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

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lead");
  const page = parentElement.ownerDocument;
  page.addEventListener("keydown", arrows);
  const leave = () => {
    cancelAnimationFrame(root.waiting);
    page.removeEventListener("keydown", arrows);
  };
  if (root.step === data.step) return leave;
  root.step = data.step;
  const until = performance.now() + PATIENCE_MS;
  const look = () => {
    const found = page.querySelector(data.to);
    if (found) {
      // A card is no field, but the next Tab leads to its first button.
      if (!found.matches("input, button")) found.tabIndex = -1;
      found.focus({ preventScroll: true });
      found.scrollIntoView({ block: "nearest" });
    } else if (performance.now() < until) root.waiting = requestAnimationFrame(look);
  };
  cancelAnimationFrame(root.waiting);
  root.waiting = requestAnimationFrame(look);
  return leave;
}
