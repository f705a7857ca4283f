using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>
/// Writes recordings in the background, one after the other: redacts them, keeps their folder within its bounds, counts the outcomes. It
/// outlives configurations. It cannot fail a call. Thread-safe.
/// </summary>
internal sealed partial class Recorder
{
    // Waiting recordings are in memory, so their number is bounded even if the disk is slow.
    private const int MostWaiting = 1024;
    private const long MostWaitingBytes = 64 * 1024 * 1024;

    private readonly Channel<WaitingRecording> _waiting =
        Channel.CreateBounded<WaitingRecording>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly long[] _counts = new long[Enum.GetValues<RecordingOutcome>().Length];
    private readonly Dictionary<string, FolderUse> _uses = new(StringComparer.Ordinal);
    private readonly Action<RecordingOutcome> _counted;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Task _writing;
    private long _waitingBytes;
    private long _added;
    private long _done;
    private RecordingOutcome? _reported;

    /// <param name="logger">Its log.</param>
    /// <param name="counted">Receives each outcome; null for none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public Recorder(ILogger<Recorder>? logger = null, Action<RecordingOutcome>? counted = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<Recorder>.Instance;
        _counted = counted ?? (static _ => { });
        _writing = WriteAllAsync();
    }

    /// <summary>The number of recordings with an outcome.</summary>
    public long CountOf(RecordingOutcome outcome) => Interlocked.Read(ref _counts[(int)outcome]);

    /// <summary>Counts an outcome.</summary>
    public void Note(RecordingOutcome outcome)
    {
        Interlocked.Increment(ref _counts[(int)outcome]);
        _counted(outcome);
    }

    /// <summary>Queues a recording to be written. It never waits.</summary>
    public void Add(WaitingRecording recording)
    {
        if (Interlocked.Add(ref _waitingBytes, recording.Size) <= MostWaitingBytes)
        {
            Interlocked.Increment(ref _added);
            if (_waiting.Writer.TryWrite(recording))
                return;
            Interlocked.Decrement(ref _added);
        }

        Interlocked.Add(ref _waitingBytes, -recording.Size);
        Note(RecordingOutcome.Busy);
    }

    /// <summary>Waits until the recordings added before are written or have failed.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var goal = Interlocked.Read(ref _added);
        // Used by administrators and tests after calls have ended: the remaining writes take milliseconds.
        while (Interlocked.Read(ref _done) < goal && !_writing.IsCompleted)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the waiting recordings, and accepts no more.</summary>
    public async ValueTask CloseAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAllAsync()
    {
        await foreach (var recording in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Note(Write(recording));
            Interlocked.Add(ref _waitingBytes, -recording.Size);
            Interlocked.Increment(ref _done);
        }
    }

    private RecordingOutcome Write(WaitingRecording recording)
    {
        try
        {
            if (new Redaction(recording.Secrets).Clean(recording.Heard) is not { } clean)
                return Lost(RecordingOutcome.Withheld, recording.Name, "it holds a secret in a body that is not text");
            var bytes = CassetteWriter.Write(clean);
            var use = UseOf(recording.Plan.Folder);
            if (!use.Has(bytes.Length, recording.Plan))
            {
                return Lost(
                    RecordingOutcome.FolderFull, recording.Name,
                    "the folder has as much as recording.max_files and max_folder_bytes allow");
            }

            CassetteFolder.Write(Path.Combine(recording.Plan.Folder, recording.Name), FileNameOf(recording), bytes.Span);
            use.Add(bytes.Length);
            _reported = null;
            return RecordingOutcome.Written;
        }
        catch (Exception e)
        {
            return Lost(RecordingOutcome.Failed, recording.Name, e.Message);
        }
    }

    /// <summary>Logs one line as long as the same problem continues.</summary>
    private RecordingOutcome Lost(RecordingOutcome outcome, string name, string reason)
    {
        if (_reported != outcome)
            LogLost(name, reason);
        _reported = outcome;
        return outcome;
    }

    /// <summary>Names sort in the order in which the requests were sent, which is the order of the replay.</summary>
    private static string FileNameOf(WaitingRecording recording)
    {
        var time = recording.Heard.Recorded.UtcDateTime.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{time}-{recording.Order % 1_000_000_000_000:D12}");
    }

    private FolderUse UseOf(string folder)
    {
        if (!_uses.TryGetValue(folder, out var use))
            _uses[folder] = use = new FolderUse(folder, _time);
        return use;
    }

    [LoggerMessage(
        1, LogLevel.Warning, "A call was not recorded under {Name}: {Reason}. This is logged again only when the reason changes")]
    private partial void LogLost(string name, string reason);

    /// <summary>
    /// The use of a folder. If it seems to be full it is measured again, because files may have been deleted, but not for each recording:
    /// measuring reads every file's entry.
    /// </summary>
    private sealed class FolderUse(string folder, TimeProvider time)
    {
        // Ten thousand files take tens of milliseconds.
        private static readonly TimeSpan s_between = TimeSpan.FromSeconds(5);

        private (int Files, long Bytes)? _has;
        private long _measured;

        public bool Has(long bytes, RecordingPlan plan)
        {
            var has = _has ?? Measure();
            if (!HasNow(has, bytes, plan) && time.GetElapsedTime(_measured) >= s_between)
                has = Measure();
            return HasNow(has, bytes, plan);
        }

        public void Add(long bytes) => _has = (_has!.Value.Files + 1, _has.Value.Bytes + bytes);

        private (int Files, long Bytes) Measure()
        {
            var has = CassetteFolder.Measure(folder);
            (_has, _measured) = (has, time.GetTimestamp());
            return has;
        }

        private static bool HasNow((int Files, long Bytes) has, long bytes, RecordingPlan plan) =>
            has.Files < plan.MaxFiles && has.Bytes + bytes <= plan.MaxFolderBytes;
    }
}
