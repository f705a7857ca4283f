namespace Switchyard.Configuration;

/// <summary>Where the settings of a configuration were written, by key. Immutable.</summary>
/// <param name="origins">The origins, compared without regard to case.</param>
internal sealed class SettingOrigins(IReadOnlyDictionary<string, SettingOrigin> origins)
{
    /// <summary>Where a setting was written; null where nobody wrote it, or code did.</summary>
    public SettingOrigin? Find(string path) => origins.GetValueOrDefault(path);
}
