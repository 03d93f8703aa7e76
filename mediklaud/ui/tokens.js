// Draws the waiting room's board, or the token just given. Every word is set as textContent.

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function head(card) {
  const made = element("h2", "head");
  const doctor = card.doctor.length > 24 ? "doctor long" : "doctor";
  made.append(element("span", doctor, card.doctor), element("span", "specialty", card.more));
  return made;
}

function now(card) {
  const made = element("div", "now");
  const none = card.now === null;
  made.append(element("p", "label", card.now_label));
  made.append(element("div", none ? "token none" : "token", none ? "–" : card.now));
  return made;
}

function next(card) {
  const made = element("div", "next");
  const queue = element("ul", "queue");
  for (const token of card.next) queue.append(element("li", "token", token));
  const above = element("div", "");
  above.append(element("p", "label", card.next_label), queue);
  made.append(above, element("p", "waiting", card.waiting));
  return made;
}

function drawn(card) {
  const made = element("section", card.ticket ? "card ticket" : "card");
  const inside = element("div", "inside");
  inside.append(head(card), now(card));
  if (!card.ticket) inside.append(next(card));
  made.append(inside);
  return made;
}

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".tokens");
  root.className = data.cards.length > 1 ? "tokens several" : "tokens";
  root.replaceChildren(...data.cards.map(drawn));
  parentElement.querySelector(".foot").textContent = data.foot;
}
