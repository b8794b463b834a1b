// Saves each answer as it is given, tells so beside the question, and keeps the counts on the side current.
(() => {
  const form = document.querySelector("[data-answers]");
  if (!form) return;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;

  function inputsOf(question) {
    return [...question.querySelectorAll("input")];
  }

  function bodyOf(question) {
    const body = new URLSearchParams();
    const inputs = inputsOf(question);
    for (const input of inputs) {
      const counts = input.type === "radio" || input.type === "checkbox" ? input.checked : true;
      if (counts) body.append(input.name, input.value);
    }
    if (!body.has(inputs[0].name)) body.append(inputs[0].name, "");
    return body;
  }

  function keepNoneAlone(question, changed) {
    if (changed.type !== "checkbox" || !changed.checked) return;
    for (const input of inputsOf(question)) {
      if (input !== changed && ("alone" in changed.dataset || "alone" in input.dataset)) input.checked = false;
    }
  }

  async function save(question) {
    const told = question.querySelector(".o-saved");
    told.textContent = "Saving …";
    told.className = "o-saved";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body: bodyOf(question),
      });
      const content = await answer.json();
      if (!answer.ok) throw new Error(content.problems.join(" "));
      told.textContent = "Saved";
      for (const place of document.querySelectorAll("[data-count]")) place.textContent = content[place.dataset.count];
    } catch (error) {
      told.textContent = `Not saved: ${error.message || "the server did not answer. Try again."}`;
      told.className = "o-saved o-problem";
    }
  }

  form.addEventListener("change", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question) return;
    keepNoneAlone(question, event.target);
    save(question);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
})();
