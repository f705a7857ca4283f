namespace Switchyard.Configuration;

/// <summary>The sources of settings in order of precedence: of a key set in several, the later wins.</summary>
internal enum SettingLayer
{
    File,
    Environment,
    CommandLine,
    RunTime,
}

/// <summary>The kind of YAML node at a key.</summary>
internal enum SettingForm
{
    Text,
    Map,
    List,
    Nothing,
}

/// <summary>Where a setting was written. Lines and columns count from 1.</summary>
internal sealed record SettingOrigin(SettingLayer Layer)
{
    public string? File { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }

    /// <summary>The line of the value, which a message about the value points at.</summary>
    public int? ValueLine { get; init; }

    public int? ValueColumn { get; init; }

    /// <summary>A setting outside the file as messages name it, for example <c>--set strict</c>; null for one in the file.</summary>
    public string? Described { get; init; }

    public SettingForm Form { get; init; }

    /// <summary>The text before <c>${…}</c> was expanded; messages show it instead of the value, which may be a secret.</summary>
    public string? Unexpanded { get; init; }

    /// <summary>Whether the value could not be determined and a problem already says so.</summary>
    public bool IsBroken { get; init; }
}
