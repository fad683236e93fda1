package blob

import (
	"errors"
	"maps"
	"os"
	"slices"
	"sync"
)

// syncers is how many files are synced at once: the file system joins syncs
// that wait together into one of its journal.
const syncers = 32

// syncEach syncs every path and returns the first errors.
func syncEach(paths []string) error {
	errs := make([]error, len(paths))
	slots := make(chan struct{}, syncers)
	var wg sync.WaitGroup
	for i, path := range paths {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = syncOne(path)
			<-slots
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func syncOne(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// wholeFrom is the number of paths from which one sync of the file system is
// cheaper than one of each: it also writes what others have left unwritten
// there, so a few are better synced alone.
const wholeFrom = 24

func (f *Files) syncFiles(files []staged) error {
	paths := make([]string, len(files))
	for i, s := range files {
		paths[i] = s.tmp
	}
	return f.syncPaths(paths)
}

func (f *Files) syncFolders(folders map[string]bool) error {
	return f.syncPaths(slices.Collect(maps.Keys(folders)))
}

func (f *Files) syncPaths(paths []string) error {
	if canSyncWhole && len(paths) >= wholeFrom {
		return syncWhole(f.dir)
	}
	return syncEach(paths)
}
