namespace Switchyard.Configuration;

/// <summary>The sources of settings in order of precedence: the later one wins if several set a key.</summary>
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

/// <summary>The place where a setting was written. Lines and columns count from 1.</summary>
internal sealed record SettingOrigin(SettingLayer Layer)
{
    public string? File { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }

    /// <summary>The line of the value, for messages about the value.</summary>
    public int? ValueLine { get; init; }

    public int? ValueColumn { get; init; }

    /// <summary>The name of a source outside the file in messages, for example <c>--set strict</c>; null for the file.</summary>
    public string? Described { get; init; }

    public SettingForm Form { get; init; }

    /// <summary>The text before <c>${…}</c> was expanded; messages show it instead of the value, which may be a secret.</summary>
    public string? Unexpanded { get; init; }

    /// <summary>Whether the value could not be determined and a problem already reports it.</summary>
    public bool IsBroken { get; init; }
}
