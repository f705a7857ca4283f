using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>Walks through every text of the options that is set, in the order of the configuration.</summary>
internal static class TextSettings
{
    /// <summary>Sets each text to the result of a function.</summary>
    /// <param name="options">The options.</param>
    /// <param name="replacement">The function.</param>
    /// <param name="isSkipped">The keys whose values are left out, with all that they hold; null for none.</param>
    public static void Replace(
        SwitchyardOptions options, Func<TextSetting, string> replacement, Func<OptionProperty, bool>? isSkipped = null) =>
        new Walk(replacement, isSkipped).Visit(OptionShape.Root, options, "");

    private sealed class Walk(Func<TextSetting, string> replacement, Func<OptionProperty, bool>? isSkipped)
    {
        public void Visit(OptionShape shape, object target, string path)
        {
            foreach (var property in shape.Properties)
            {
                if (isSkipped?.Invoke(property) is not true)
                    Visit(property, target, ConfigurationKeys.Combine(path, property.Name));
            }

            if (shape.Others is { } others && isSkipped?.Invoke(others) is not true)
                Visit(others, target, path);
        }

        private void Visit(OptionProperty property, object target, string path)
        {
            switch (property.Member.GetValue(target))
            {
                case string text:
                    if (Replaced(property, text, path) is { } changed)
                        property.Member.SetValue(target, changed);
                    break;
                case IDictionary map:
                    foreach (var name in map.Keys.Cast<string>().ToArray())
                    {
                        if (VisitEntry(property, map[name], ConfigurationKeys.Combine(path, name)) is { } changedEntry)
                            map[name] = changedEntry;
                    }

                    break;
                case IList list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (VisitEntry(property, list[i], ConfigurationKeys.Combine(path, $"{i}")) is { } changedItem)
                            list[i] = changedItem;
                    }

                    break;
                case { } section when property.Shape.Kind == OptionKind.Object:
                    Visit(property.Shape, section, path);
                    break;
            }
        }

        /// <summary>The replacement of the entry; null if it stays.</summary>
        private string? VisitEntry(OptionProperty property, object? entry, string path)
        {
            if (entry is string text)
                return Replaced(property, text, path);
            if (entry is not null && property.Shape.Element is { Kind: OptionKind.Object } shape)
                Visit(shape, entry, path);
            return null;
        }

        private string? Replaced(OptionProperty property, string text, string path)
        {
            var changed = replacement(new TextSetting(property, path, text));
            return ReferenceEquals(changed, text) ? null : changed;
        }
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
