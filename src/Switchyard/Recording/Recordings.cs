using Switchyard.Calls;

namespace Switchyard.Recording;

/// <summary>The outcomes of the recordings of this process. Thread-safe.</summary>
public sealed class Recordings
{
    private readonly Recorder _recorder;

    internal Recordings(Recorder recorder) => _recorder = recorder;

    /// <summary>The number of written recordings.</summary>
    public long Written => _recorder.CountOf(RecordingOutcome.Written);

    /// <summary>The number of lost recordings by reason: <c>too_large</c>, <c>folder_full</c>, <c>busy</c>, <c>abandoned</c>,
    /// <c>withheld</c>, <c>failed</c>. Only reasons that occurred.</summary>
    public IReadOnlyDictionary<string, long> Lost => Enum.GetValues<RecordingOutcome>()
        .Where(outcome => outcome != RecordingOutcome.Written && _recorder.CountOf(outcome) > 0)
        .ToDictionary(NameOf, _recorder.CountOf, StringComparer.Ordinal);

    /// <summary>Whether a configuration records anything, so that a request's header for recording is read.</summary>
    public static bool AreMade(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(RecordingPlan.Section) is not null;
    }

    /// <summary>Waits until the recordings of all answers read before are on disk or have failed.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _recorder.FlushAsync(cancellationToken);

    private static string NameOf(RecordingOutcome outcome) => outcome switch
    {
        RecordingOutcome.Written => "written",
        RecordingOutcome.TooLarge => "too_large",
        RecordingOutcome.FolderFull => "folder_full",
        RecordingOutcome.Busy => "busy",
        RecordingOutcome.Abandoned => "abandoned",
        RecordingOutcome.Withheld => "withheld",
        _ => "failed",
    };
}
