// A sentence and the time that is left, counted down in the browser; at its end the page is
// drawn anew. What a person typed is set as textContent, never as markup.

const words = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".countdown");
  clearInterval(root.timer);
  const until = performance.now() + data.left * 1000;
  root.className = `countdown ${data.look}`;
  root.firstChild.textContent = data.words;
  const tick = () => {
    const rest = until - performance.now();
    const seconds = Math.max(0, Math.floor(rest / 1000));
    root.lastChild.textContent = ` ${words(seconds)} left`;
    root.classList.toggle("soon", seconds < 60);
    // A little later than the server's own end, so that it agrees.
    if (rest > -500) return;
    clearInterval(root.timer);
    setTriggerValue("over", true);
  };
  tick();
  root.timer = setInterval(tick, 500);
  return () => clearInterval(root.timer);
}
