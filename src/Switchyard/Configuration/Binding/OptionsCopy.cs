using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Copies options whole, so that what is handed out or handed in can be changed without effect on what is in force. It copies what
/// <see cref="OptionShape"/> finds: an option that can be written can be copied, and none is forgotten.
/// </summary>
internal static class OptionsCopy
{
    /// <summary>A copy that shares no list, map or section with the original. A section that code has set to null has its
    /// defaults.</summary>
    public static SwitchyardOptions Copy(this SwitchyardOptions options) => (SwitchyardOptions)Copy(options, OptionShape.Root)!;

    /// <summary>Makes other options equal to these, without sharing anything.</summary>
    public static void CopyTo(this SwitchyardOptions options, SwitchyardOptions target) => CopyTo(options, target, OptionShape.Root);

    private static object? Copy(object? value, OptionProperty property, OptionShape shape) =>
        // What code has set may be in any case, as what a file says.
        value is string text ? property.Spell(text) : Copy(value, shape);

    private static object? Copy(object? value, OptionShape shape)
    {
        if (shape.Kind != OptionKind.Object)
            return value;
        var copy = shape.Create();
        if (value is not null)
            CopyTo(value, copy, shape);
        return copy;
    }

    private static void CopyTo(object source, object target, OptionShape shape)
    {
        foreach (var property in shape.Properties)
            CopyProperty(source, target, property);
        if (shape.Others is { } others)
            CopyProperty(source, target, others);
        // Which secret a provider lacks is written in no file, and belongs to it all the same.
        if (source is ProviderOptions lacking)
            ((ProviderOptions)target).SecretProblem = lacking.SecretProblem;
        if (source is SwitchyardOptions options)
            CopyRest(options, (SwitchyardOptions)target);
    }

    /// <summary>What is no key: where the settings were written, and what was set at run time of providers that are not named.</summary>
    private static void CopyRest(SwitchyardOptions source, SwitchyardOptions target)
    {
        target.Origins = source.Origins;
        target.Tuned.Clear();
        foreach (var (name, tuning) in source.Tuned)
            target.Tuned[name] = tuning;
    }

    private static void CopyProperty(object source, object target, OptionProperty property)
    {
        var value = property.Member.GetValue(source);
        switch (property.Shape.Kind)
        {
            // The new object has made its own map and list, the map with the comparison of its names.
            case OptionKind.Map:
                var map = (IDictionary)property.Member.GetValue(target)!;
                map.Clear();
                foreach (DictionaryEntry entry in (IDictionary?)value ?? new Hashtable())
                    map[entry.Key] = Copy(entry.Value, property, property.Shape.Element!);
                break;
            case OptionKind.List:
                var list = (IList)property.Member.GetValue(target)!;
                list.Clear();
                foreach (var item in (IList?)value ?? Array.Empty<object>())
                    list.Add(Copy(item, property, property.Shape.Element!));
                break;
            case OptionKind.Object when value is null:
                break;
            default:
                property.Member.SetValue(target, Copy(value, property, property.Shape));
                break;
        }
    }
}
