// What the admin's frame lacks for keyboards and screen readers: a landmark for the content and a way past the menu.
document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content");
  if (!content) return;
  content.setAttribute("role", "main");
  content.tabIndex = -1;
  const skip = document.createElement("a");
  skip.href = "#content";
  skip.className = "o-skip";
  skip.textContent = "Skip to the content";
  document.body.prepend(skip);
});
