using System.Collections;
using System.Runtime.CompilerServices;

namespace Switchyard.Configuration.Binding;

/// <summary>
/// Copies options deeply, so that a change to a returned or received object has no effect on the ones in force. A copy of an object has
/// all its values, and its own lists, maps and sections: <see cref="OptionShape"/> finds these, so none is omitted. Words
/// that code has set may be in any case, like those of a file; a copy has them in their documented spelling.
/// </summary>
internal static class OptionsCopy
{
    /// <summary>A copy that shares no list, map or section with the original. A section that code has set to null has its
    /// defaults.</summary>
    public static SwitchyardOptions Copy(this SwitchyardOptions options)
    {
        var copy = (SwitchyardOptions)Copy(options, OptionShape.Root);
        copy.Tuned = new(options.Tuned, options.Tuned.Comparer);
        return copy;
    }

    /// <summary>Makes other options equal to these, without sharing anything.</summary>
    public static void CopyTo(this SwitchyardOptions options, SwitchyardOptions target)
    {
        var copy = options.Copy();
        foreach (var property in OptionShape.Root.Properties)
            property.Member.SetValue(target, property.Member.GetValue(copy));
        (target.Origins, target.Tuned) = (copy.Origins, copy.Tuned);
    }

    private static object Copy(object value, OptionShape shape)
    {
        // Reflection, which compiles a method for each property it touches, then reads and writes only the shared references.
        var copy = MemberwiseClone(value);
        object? defaults = null;
        foreach (var property in shape.Containers)
        {
            var held = property.Member.GetValue(value);
            property.Member.SetValue(
                copy,
                property.Shape.Kind == OptionKind.Object && held is not null
                    ? Copy(held, property.Shape)
                    : Fill(property.Member.GetValue(defaults ??= shape.Create()), held, property));
        }

        foreach (var property in shape.Words)
        {
            if (property.Member.GetValue(value) is string word && property.Spell(word) is var spelt && spelt != word)
                property.Member.SetValue(copy, spelt);
        }

        return copy;
    }

    /// <summary>Fills an empty map or list, the map with its own key comparison; anything else has its defaults.</summary>
    private static object? Fill(object? made, object? held, OptionProperty property)
    {
        switch (made)
        {
            case IDictionary map:
                map.Clear();
                foreach (DictionaryEntry entry in (IDictionary?)held ?? new Hashtable())
                    map[entry.Key] = Element(entry.Value);
                break;
            case IList list:
                list.Clear();
                foreach (var item in (IList?)held ?? Array.Empty<object>())
                    list.Add(Element(item));
                break;
        }

        return made;

        object? Element(object? value) => (value, property.Shape.Element!) switch
        {
            (string word, _) => property.Spell(word),
            (null, { Kind: OptionKind.Object } element) => element.Create(),
            (not null, { Kind: OptionKind.Object } element) => Copy(value, element),
            _ => value,
        };
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MemberwiseClone")]
    private static extern object MemberwiseClone(object value);
}
