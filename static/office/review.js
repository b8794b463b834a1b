// Keys on the page of one mapping, and a list of which all can be chosen. Both pages work without this.
(() => {
  const all = document.querySelector("[data-all]");
  if (all) {
    all.addEventListener("click", (event) => {
      event.preventDefault();
      const boxes = [...document.querySelectorAll("input[name=chosen]")];
      const every = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !every;
    });
  }

  const hint = document.querySelector("[data-hint]");
  if (!hint) return;
  const keys = hint.querySelector("[data-keys]");
  const form = document.querySelector("[data-review]");
  hint.hidden = false;
  keys.checked = localStorage.getItem("review-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("review-keys", keys.checked ? "on" : "off"));

  let sent = false;
  if (form) {
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  window.addEventListener("pageshow", () => { sent = false; });

  function press(button) {
    const note = form && form.querySelector("textarea");
    if (button.value === "reject" && note && !note.value.trim()) note.focus();
    else button.click();
  }

  document.addEventListener("keydown", (event) => {
    const types = event.target.closest("textarea, select, input:not([type=checkbox])");
    if (!keys.checked || types || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button || sent) return;
    event.preventDefault();
    press(button);
  });
})();
