// Draws a doctor's week. Everything a person typed is set as textContent, never as markup.

// The shortest visit is still tall enough for its time above its name, and for a finger.
const LEAST_HEIGHT = 44;

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function hours(begins, ends) {
  const found = [];
  for (let minute = begins; minute < ends; minute += 60) found.push(minute);
  return found;
}

function span(made, begins, ends, week) {
  const from = Math.max(begins, week.begins);
  made.style.setProperty("--from", from - week.begins);
  made.style.setProperty("--length", Math.min(ends, week.ends) - from);
  return made;
}

function visitButton(visit, day, week, chosen) {
  const button = span(element("button", `visit ${visit.status}`), visit.begins, visit.ends, week);
  button.type = "button";
  button.dataset.id = visit.id;
  button.title = visit.words;
  button.setAttribute("aria-label", `${day.words}, ${visit.words}`);
  button.classList.toggle("emergency", visit.emergency);
  button.append(element("span", "time", visit.time), element("span", "name", visit.name));
  button.append(element("span", "more", visit.more));
  button.onclick = () => chosen(visit.id);
  return button;
}

function dayColumn(day, week, chosen) {
  const column = element("section", day.today ? "day today" : "day");
  column.setAttribute("aria-label", day.words);
  const head = element("h3", "head");
  head.append(element("span", "weekday", day.name), element("span", "date", day.date));
  const body = element("div", "body");
  for (const [begins, ends] of day.open) {
    body.append(span(element("div", "open"), begins, ends, week));
  }
  for (const [begins, ends, reason] of day.leave) {
    if (ends <= week.begins || begins >= week.ends) continue;
    const words = reason ? `Leave: ${reason}` : "Leave";
    body.append(span(element("div", "leave", words), begins, ends, week));
  }
  for (const visit of day.visits) body.append(visitButton(visit, day, week, chosen));
  if (!day.visits.length && !day.leave.length) {
    body.append(element("p", "nobody", day.open.length ? "No appointments" : "No session"));
  }
  column.append(head, body);
  return column;
}

function timeColumn(week) {
  const column = element("div", "times");
  column.setAttribute("aria-hidden", "true");
  for (const minute of hours(week.begins, week.ends)) {
    const words = `${String(minute / 60).padStart(2, "0")}:00`;
    column.append(span(element("div", "hour", words), minute, minute + 60, week));
  }
  return column;
}

// The arrow keys lead to the visit before or after, and to the nearest one of another day.
function move(root, event) {
  const buttons = [...root.querySelectorAll("button")];
  const here = buttons.indexOf(event.target);
  const column = (button) => button.closest(".day");
  const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (here < 0 || !step) return;
  let next = buttons[here + step];
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const rest = step > 0 ? buttons.slice(here) : buttons.slice(0, here).reverse();
    const other = rest.find((button) => column(button) !== column(event.target));
    const from = (button) => Number(button.style.getPropertyValue("--from"));
    const away = (button) => Math.abs(from(button) - from(event.target));
    const sameDay = other ? [...column(other).querySelectorAll("button")] : [];
    next = sameDay.sort((one, two) => away(one) - away(two))[0];
  }
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export default function ({ data: week, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".week");
  const chosen = (id) => {
    root.last = id;
    setTriggerValue("chosen", id);
  };
  const drawn = JSON.stringify(week);
  // A run that changes nothing leaves the buttons, and so the focus, where they are.
  if (root.drawn === drawn) return;
  const last = root.querySelector("button:focus")?.dataset.id;
  root.drawn = drawn;
  root.style.setProperty("--minute", `${Math.max(LEAST_HEIGHT / week.shortest, 1)}px`);
  root.style.setProperty("--minutes", week.ends - week.begins);
  root.onkeydown = (event) => move(root, event);
  root.replaceChildren(
    timeColumn(week),
    ...week.days.map((day) => dayColumn(day, week, chosen)),
  );
  if (last) root.querySelector(`button[data-id="${last}"]`)?.focus();
  // What is opened over the grid gives the focus back to the grid as a whole.
  const host = parentElement.host;
  host.tabIndex = -1;
  host.onfocus = () => root.querySelector(`button[data-id="${root.last}"]`)?.focus({ preventScroll: true });
}
