using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Finds every secret of the options by the mark on its property (<see cref="SecretAttribute"/>), so that a setting added anywhere is
/// masked, and may be a reference to a store, without being named here.
/// </summary>
internal static class SecretSettings
{
    /// <summary>The secrets that are set, in the order of the configuration.</summary>
    public static IReadOnlyList<SecretSetting> Of(SwitchyardOptions options)
    {
        var found = new List<SecretSetting>();
        Replace(options, setting =>
        {
            found.Add(setting);
            return setting.Value;
        });
        return found;
    }

    /// <summary>Sets each secret to what a function gives for it.</summary>
    public static void Replace(SwitchyardOptions options, Func<SecretSetting, string> replacement) =>
        Visit(OptionShape.Root, options, "", replacement);

    private static void Visit(OptionShape shape, object target, string path, Func<SecretSetting, string> replacement)
    {
        foreach (var property in shape.Properties)
            Visit(property, target, ConfigurationKeys.Combine(path, property.Name), replacement);
        if (shape.Others is { } others)
            Visit(others, target, path, replacement);
    }

    private static void Visit(OptionProperty property, object target, string path, Func<SecretSetting, string> replacement)
    {
        switch (property.Member.GetValue(target))
        {
            case string text when property.IsSecret:
                if (Replaced(property, text, path, replacement) is { } changed)
                    property.Member.SetValue(target, changed);
                break;
            case IDictionary map:
                foreach (var name in map.Keys.Cast<string>().ToArray())
                {
                    if (VisitEntry(property, map[name], ConfigurationKeys.Combine(path, name), replacement) is { } changedEntry)
                        map[name] = changedEntry;
                }

                break;
            case IList list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (VisitEntry(property, list[i], ConfigurationKeys.Combine(path, $"{i}"), replacement) is { } changedItem)
                        list[i] = changedItem;
                }

                break;
            case { } section when property.Shape.Kind == OptionKind.Object:
                Visit(property.Shape, section, path, replacement);
                break;
        }
    }

    /// <summary>What takes the entry's place; null when it stays.</summary>
    private static string? VisitEntry(OptionProperty property, object? entry, string path, Func<SecretSetting, string> replacement)
    {
        if (entry is string text)
            return property.IsSecret ? Replaced(property, text, path, replacement) : null;
        if (entry is not null && property.Shape.Element is { Kind: OptionKind.Object } shape)
            Visit(shape, entry, path, replacement);
        return null;
    }

    private static string? Replaced(OptionProperty property, string text, string path, Func<SecretSetting, string> replacement)
    {
        var changed = replacement(new SecretSetting(path, text, property.IsAddress));
        return ReferenceEquals(changed, text) ? null : changed;
    }
}

/// <summary>A secret of the options.</summary>
/// <param name="Path">Its key, as <see cref="ConfigurationKeys"/> writes it.</param>
/// <param name="Value">The secret.</param>
/// <param name="IsAddress">Whether it is an address, of which only the password is secret.</param>
internal readonly record struct SecretSetting(string Path, string Value, bool IsAddress)
{
    /// <summary>What of it must never be repeated.</summary>
    public IEnumerable<string> Parts => IsAddress ? SecretParts.OfAddress(Value) : SecretParts.Of(Value);

    /// <summary>Without the secret, so that it can be logged.</summary>
    public override string ToString() => ConfigurationKeys.Display(Path);
}
