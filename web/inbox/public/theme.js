// Before the first paint: the theme that was chosen. See src/theme.ts.
try {
  var theme = localStorage.getItem("skein.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (e) {
  // storage is forbidden: the system's theme it is
}
