using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Turns the merged keys into options. Unlike the framework's binder it supports durations and sizes, rejects unknown keys, collects
/// every problem instead of throwing at the first, and reports the place of each.
/// </summary>
/// <param name="problems">Receives the problems.</param>
/// <param name="changes">
/// Whether the options hold a configuration that is changed: an existing entry keeps its unwritten values, and a list is replaced.
/// </param>
internal sealed class OptionsBinder(ProblemList problems, bool changes = false)
{
    /// <summary>
    /// Sets the written values, and leaves the rest of the options unchanged. Entries are added to lists and maps, unless they are changed;
    /// a list that still has its default is replaced.
    /// </summary>
    public void Bind(SettingNode root, SwitchyardOptions options) => BindProperties(root, OptionShape.Root, options);

    private void BindProperties(SettingNode node, OptionShape shape, object target)
    {
        foreach (var child in node.Children)
        {
            if (shape.Find(child.Name) is { } property)
                BindProperty(child, property, shape, target);
            else if (shape.Others is { } others)
                BindEntry(child, others, (IDictionary)others.Member.GetValue(target)!);
            else
                ReportUnknown(child, shape);
        }
    }

    private void BindProperty(SettingNode node, OptionProperty property, OptionShape shape, object target)
    {
        switch (property.Shape.Kind)
        {
            case OptionKind.Object:
                if (Accepts(node, property.Shape, property.IsSecret) && SectionOf(node, property, target) is { } section)
                    BindProperties(node, property.Shape, section);
                break;
            case OptionKind.Map:
                if (Accepts(node, property.Shape, property.IsSecret))
                    BindMap(node, property, (IDictionary)property.Member.GetValue(target)!);
                break;
            case OptionKind.List:
                var list = (IList)property.Member.GetValue(target)!;
                // `alert: [ 50% ]` means only 50 %, not also the default of 80 % and 100 %.
                if (changes || (IsWritten(node) && HasDefault(list, property, shape)))
                    list.Clear();
                BindList(node, property, list);
                break;
            default:
                // An empty value (`key:`) leaves the default, like leaving the key out.
                if (BindScalar(node, property.Shape, property) is { } value)
                    property.Member.SetValue(target, value);
                break;
        }
    }

    /// <summary>The object to set. One that is null by default is created, unless nothing is written below its key.</summary>
    private static object? SectionOf(SettingNode node, OptionProperty property, object target)
    {
        if (property.Member.GetValue(target) is { } section)
            return section;
        if (node.Children.Count == 0 && node.Origin?.Form != SettingForm.Map)
            return null;
        section = property.Shape.Create();
        property.Member.SetValue(target, section);
        return section;
    }

    private void BindMap(SettingNode node, OptionProperty property, IDictionary map)
    {
        foreach (var child in node.Children)
            BindEntry(child, property, map);
    }

    private void BindEntry(SettingNode child, OptionProperty property, IDictionary map)
    {
        var shape = property.Shape.Element!;
        if (changes && shape.Kind == OptionKind.Object && map[child.Name] is { } there && string.IsNullOrEmpty(child.Value))
        {
            if (Accepts(child, shape, property.IsSecret))
                BindProperties(child, shape, there);
        }
        else if (BindElement(child, property) is { } value)
        {
            map[child.Name] = value;
        }
    }

    private void BindList(SettingNode node, OptionProperty property, IList list)
    {
        if (node.Origin is { Layer: not SettingLayer.File } origin && node is { Children.Count: 0, Value: { } text })
        {
            // In a variable or on the command line a list is separated by commas, and replaces the file's list.
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                list.Add(Wrap(property.Spell(part), property.Shape.Element!));
            return;
        }

        if (node.Value is { Length: > 0 } || node.Origin?.Form == SettingForm.Map)
        {
            problems.AtValue(node, Wrong(node, property.Shape, property.IsSecret));
            return;
        }

        foreach (var child in node.Children)
        {
            if (!int.TryParse(child.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                problems.AtKey(child, NotAnIndex(node, child));
            else if (BindElement(child, property) is { } value)
                list.Add(value);
        }
    }

    /// <summary>Whether a list is written, even an empty one; a key without a value leaves the default.</summary>
    private static bool IsWritten(SettingNode node) =>
        node.Children.Count > 0 || node.Value is { Length: > 0 } || node.Origin?.Form == SettingForm.List;

    /// <summary>Whether a list has the entries that it has if nothing is written.</summary>
    private static bool HasDefault(IList list, OptionProperty property, OptionShape shape) =>
        list.Count > 0 && property.Member.GetValue(shape.Create()) is IList usual
        && list.Cast<object>().SequenceEqual(usual.Cast<object>());

    /// <summary>One entry of a map or list: an object, or plain text. Null if it could not be read.</summary>
    private object? BindElement(SettingNode node, OptionProperty property)
    {
        var shape = property.Shape.Element!;
        if (shape.Kind != OptionKind.Object)
        {
            if (node.IsEmpty && node.Origin?.Form is null or SettingForm.Nothing)
                problems.AtValue(node, $"'{ConfigurationKeys.Display(node.Path)}' must be {shape.Expected}, but it has no value");
            return BindScalar(node, shape, property);
        }

        if (shape.Shorthand is not null && node is { Value.Length: > 0, Children.Count: 0 })
            return Wrap(node.Value, shape);
        if (!Accepts(node, shape, property.IsSecret))
            return null;
        var element = shape.Create();
        BindProperties(node, shape, element);
        return element;
    }

    private object? BindScalar(SettingNode node, OptionShape shape, OptionProperty property)
    {
        if (property.IsSecret && shape.Kind == OptionKind.Text && IsReference(node))
            return SecretReference.To(node.Children[0].Value!);
        if (node.Value is not { } text)
        {
            if (node.Children.Count > 0 || node.Origin?.Form is SettingForm.Map or SettingForm.List)
                problems.AtValue(node, Wrong(node, shape, property.IsSecret));
            return null;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            // No setting has a use for it, and names of files with it are an exception of the system.
            problems.AtValue(node, $"'{ConfigurationKeys.Display(node.Path)}' holds the character U+0000; remove it");
            return null;
        }

        object? value = shape.Kind switch
        {
            OptionKind.Text => property.Spell(text),
            OptionKind.Boolean when bool.TryParse(text, out var parsed) => parsed,
            OptionKind.Integer when shape.Type == typeof(long) && long.TryParse(
                text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
            OptionKind.Integer when shape.Type == typeof(int) && TryParseInteger(text, out var parsed) => parsed,
            OptionKind.Number when shape.Type == typeof(decimal) && TryParseDecimal(text, out var parsed) => parsed,
            OptionKind.Number when shape.Type == typeof(double) && TryParseNumber(text, out var parsed) => parsed,
            OptionKind.Size when SizeText.TryParse(text, out var parsed) => parsed,
            OptionKind.Percent when PercentText.TryParse(text, out var parsed) => parsed,
            OptionKind.Duration when DurationText.TryParse(text, out var parsed) => parsed,
            _ => null,
        };
        if (value is null)
            problems.AtValue(node, Wrong(node, shape, property.IsSecret));
        return value;
    }

    /// <summary>Whether the node is <c>{ secret: name }</c>.</summary>
    private static bool IsReference(SettingNode node) =>
        node is { Children: [{ Children.Count: 0, Value.Length: > 0 } child] }
        && child.Name.Equals(SecretReference.Key, StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(child.Value);

    // NaN and Infinity are parsed whatever styles are allowed.
    private static bool TryParseNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
        && double.IsFinite(number);

    private static bool TryParseDecimal(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static bool TryParseInteger(string text, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static object Wrap(string text, OptionShape shape)
    {
        if (shape.Shorthand is not { } shorthand)
            return text;
        var element = shape.Create();
        shorthand.Member.SetValue(element, text);
        return element;
    }

    /// <summary>Whether the node is a map, or empty. Anything else is reported.</summary>
    private bool Accepts(SettingNode node, OptionShape shape, bool isSecret)
    {
        if (node.Value is not { Length: > 0 } && node.Origin?.Form != SettingForm.List)
            return true;
        problems.AtValue(node, Wrong(node, shape, isSecret));
        return false;
    }

    private static string NotAnIndex(SettingNode list, SettingNode child) =>
        $"'{ConfigurationKeys.Display(list.Path)}' is a list, "
        + $"so '{ConfigurationKeys.DisplayName(child.Name)}' must be a number counted from 0";

    private static string Wrong(SettingNode node, OptionShape shape, bool isSecret)
    {
        var found = (node.Origin?.Form, node.Value) switch
        {
            (SettingForm.List, _) => "a list",
            (SettingForm.Map, _) => "a map",
            (_, null) when node.Children.Count > 0 => "a map",

            // The text is not repeated: it may be a key (`openai: sk-…` is an easy mistake).
            _ when shape.Kind is OptionKind.Object or OptionKind.Map or OptionKind.List => "plain text",
            _ when isSecret => "something else",
            _ => $"'{ConfigurationKeys.Shorten(node.Origin?.Unexpanded ?? node.Value ?? "")}'",
        };
        return $"'{ConfigurationKeys.Display(node.Path)}' must be {shape.Expected}, not {found}";
    }

    private void ReportUnknown(SettingNode node, OptionShape shape)
    {
        var key = ConfigurationKeys.Display(node.Path);
        if (UnavailableKeys.Contains(shape, node.Name))
        {
            problems.AtKey(node, $"'{key}' is not available in this version");
            return;
        }

        var line = node.Origin?.Line is { } number ? string.Create(CultureInfo.InvariantCulture, $" at line {number}") : "";
        var known = shape.Properties.Select(property => property.Name).ToArray();
        var suggestion = NearestName.Suggestion(node.Name, known);
        var hint = suggestion.Length > 0 ? suggestion : $"; known here: {string.Join(", ", known)}";
        problems.AtKey(node, $"unknown key '{key}'{line}{hint}");
    }
}
