using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Recordings have a folder and bounds, and replays have a source.</summary>
internal sealed class RecordingValidator : IConfigurationValidator
{
    private const string Section = "recording";
    private const long Least = 1024;
    private const long Most = 64 * 1024 * 1024;
    private const double Fastest = 1000;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var aliases = options.Models.Where(model => model.Value.Record).Select(model => model.Key).ToList();
        if (options.Recording is null)
        {
            foreach (var alias in aliases)
                yield return new(Combine("models", alias, "record"), "records nothing: recording.folder is not set");
        }
        else
        {
            foreach (var finding in Bounds(options.Recording))
                yield return finding;
            if (aliases.Count == 0 && !options.Recording.ByRequest)
            {
                yield return new(
                    Section, "records nothing: no alias has 'record: true', and by_request is off", ProblemSeverity.Warning);
            }
        }

        foreach (var (name, provider) in options.Providers)
        {
            foreach (var finding in provider?.Replay is { } replay ? Replay(name, replay) : [])
                yield return finding;
        }
    }

    private static IEnumerable<ValidationFinding> Bounds(RecordingOptions recording)
    {
        if (string.IsNullOrWhiteSpace(recording.Folder))
            yield return new(Combine(Section, "folder"), "the folder of the recordings is missing");
        if (recording.MaxBytes is < Least or > Most)
            yield return new(Combine(Section, "max_bytes"), "must be from 1KB to 64MB");
        if (recording.MaxFolderBytes < recording.MaxBytes)
            yield return new(Combine(Section, "max_folder_bytes"), "must be at least max_bytes");
        if (recording.MaxFiles is < 1 or > 100_000)
            yield return new(Combine(Section, "max_files"), "must be from 1 to 100000");
    }

    private static IEnumerable<ValidationFinding> Replay(string name, ReplayOptions replay)
    {
        if (string.IsNullOrWhiteSpace(replay.Folder))
            yield return new(Combine("providers", name, "replay", "folder"), "the folder of the recordings is missing");
        if (!double.IsFinite(replay.Speed) || replay.Speed is < 0 or > Fastest)
            yield return new(Combine("providers", name, "replay", "speed"), "must be from 0 (at once) to 1000; 1 is as recorded");
        for (var i = 0; i < replay.Ignore.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(replay.Ignore[i]) || replay.Ignore[i].Split('.').Any(string.IsNullOrWhiteSpace))
            {
                yield return new(
                    Combine("providers", name, "replay", "ignore", $"{i}"),
                    "must be a path of members, such as metadata or stream_options.include_usage");
            }
        }
    }
}
