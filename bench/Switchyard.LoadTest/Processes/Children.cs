namespace Switchyard.LoadTest.Processes;

/// <summary>All processes of a run and its scratch directory, removed when the run ends for any reason.</summary>
internal sealed class Children : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<ChildProcess> _running = [];
    private bool _disposed;

    public string ScratchDirectory { get; } = Directory.CreateTempSubdirectory("switchyard-bench-").FullName;

    public ChildProcess Start(Launch launch, int core)
    {
        lock (_gate)
        {
            // Ctrl-C may come between two starts.
            ObjectDisposedException.ThrowIf(_disposed, this);
            var child = ChildProcess.Start(launch, core, ScratchDirectory);
            _running.Add(child);
            return child;
        }
    }

    public void End(ChildProcess child)
    {
        lock (_gate)
        {
            if (_running.Remove(child)) child.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            foreach (var child in _running) child.Dispose();
            Directory.Delete(ScratchDirectory, recursive: true);
        }
    }
}
