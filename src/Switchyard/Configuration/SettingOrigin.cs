namespace Switchyard.Configuration;

/// <summary>Who wins when a key is set in several places: the later one.</summary>
internal enum SettingLayer
{
    File,
    Environment,
    CommandLine,
}

/// <summary>What stood in the file at a key.</summary>
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

    /// <summary>Where the value stands, which is what a message about a value points at.</summary>
    public int? ValueLine { get; init; }

    public int? ValueColumn { get; init; }

    /// <summary>For a setting outside the file: how the user would recognise it.</summary>
    public string? Described { get; init; }

    public SettingForm Form { get; init; }

    /// <summary>The text before variables were put in; messages show it instead of the value, which may be a secret.</summary>
    public string? Unexpanded { get; init; }

    /// <summary>Whether the value could not be determined and a problem already says so.</summary>
    public bool IsBroken { get; init; }
}
