namespace Switchyard.Configuration;

/// <summary>The places where the settings of a configuration were written, by key. Immutable.</summary>
/// <param name="origins">The origins, compared without regard to case.</param>
internal sealed class SettingOrigins(IReadOnlyDictionary<string, SettingOrigin> origins)
{
    /// <summary>The place where a setting was written; null if it was not written, or code set it.</summary>
    public SettingOrigin? Find(string path) => origins.GetValueOrDefault(path);
}
