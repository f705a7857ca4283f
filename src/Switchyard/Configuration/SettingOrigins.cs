namespace Switchyard.Configuration;

/// <summary>The places where the settings of a configuration were written, by key. Immutable.</summary>
/// <param name="origins">The origins, compared without regard to case.</param>
internal sealed class SettingOrigins(IReadOnlyDictionary<string, SettingOrigin> origins)
{
    /// <summary>The place where a setting was written; null if it was not written, or code set it.</summary>
    public SettingOrigin? Find(string path) => origins.GetValueOrDefault(path);

    /// <summary>
    /// A problem that was found after loading, with the place of its setting; that of the section above it if the setting was not written.
    /// </summary>
    public ConfigurationProblem At(string path, string message, ProblemSeverity severity = ProblemSeverity.Error)
    {
        var (at, origin) = (path, Find(path));
        while (origin is null && at.LastIndexOf(':') is >= 0 and var end)
        {
            at = at[..end];
            origin = Find(at);
        }

        var isValue = at.Length == path.Length && origin?.Form == SettingForm.Text;
        return new ConfigurationProblem(ConfigurationKeys.Display(path), message)
        {
            File = origin?.File,
            Line = isValue ? origin?.ValueLine : origin?.Line,
            Column = isValue ? origin?.ValueColumn : origin?.Column,
            Severity = severity,
            Origin = origin?.Described,
        };
    }
}
