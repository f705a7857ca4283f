using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>Walks through every text of the options that is set, in the order of the configuration.</summary>
internal static class TextSettings
{
    /// <summary>Sets each text to the result of a function.</summary>
    public static void Replace(SwitchyardOptions options, Func<TextSetting, string> replacement) =>
        Visit(OptionShape.Root, options, "", replacement);

    private static void Visit(OptionShape shape, object target, string path, Func<TextSetting, string> replacement)
    {
        foreach (var property in shape.Properties)
            Visit(property, target, ConfigurationKeys.Combine(path, property.Name), replacement);
        if (shape.Others is { } others)
            Visit(others, target, path, replacement);
    }

    private static void Visit(OptionProperty property, object target, string path, Func<TextSetting, string> replacement)
    {
        switch (property.Member.GetValue(target))
        {
            case string text:
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

    /// <summary>The replacement of the entry; null if it stays.</summary>
    private static string? VisitEntry(OptionProperty property, object? entry, string path, Func<TextSetting, string> replacement)
    {
        if (entry is string text)
            return Replaced(property, text, path, replacement);
        if (entry is not null && property.Shape.Element is { Kind: OptionKind.Object } shape)
            Visit(shape, entry, path, replacement);
        return null;
    }

    private static string? Replaced(OptionProperty property, string text, string path, Func<TextSetting, string> replacement)
    {
        var changed = replacement(new TextSetting(property, path, text));
        return ReferenceEquals(changed, text) ? null : changed;
    }
}

/// <summary>A text of the options.</summary>
/// <param name="Property">The key of the options it belongs to: for an entry of a list or map, that of the whole.</param>
/// <param name="Path">Its key, as <see cref="ConfigurationKeys"/> writes it.</param>
/// <param name="Value">The text. It may be a secret.</param>
internal readonly record struct TextSetting(OptionProperty Property, string Path, string Value)
{
    /// <summary>Without the text, so that it can be logged.</summary>
    public override string ToString() => ConfigurationKeys.Display(Path);
}
