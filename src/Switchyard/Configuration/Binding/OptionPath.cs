using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>A place in the options, found by its key.</summary>
/// <param name="Property">The key of the options it belongs to: for an entry of a map, that of the map.</param>
/// <param name="Shape">The shape of its value.</param>
internal sealed record OptionPath(OptionProperty Property, OptionShape Shape)
{
    /// <summary>The place at a key; null if the options have no such key.</summary>
    public static OptionPath? Find(string path)
    {
        OptionPath? found = null;
        foreach (var part in path.Split(':'))
        {
            found = Next(found, part);
            if (found is null)
                return null;
        }

        return found;
    }

    /// <summary>The key in the options' own spelling, except for names that the user chose: <c>Cache:TTL</c> is <c>cache:ttl</c>.</summary>
    public static string Normalize(string path)
    {
        OptionPath? found = null;
        var parts = path.Split(':');
        for (var i = 0; i < parts.Length; i++)
        {
            var shape = found?.Shape ?? OptionShape.Root;
            if (shape.Kind == OptionKind.Object && shape.Find(parts[i]) is { } property)
                parts[i] = property.Name;
            found = Next(found, parts[i]);
            if (found is null)
                break;
        }

        // A provider's name is lower case everywhere.
        if (parts is ["providers", _, ..])
            parts[1] = parts[1].ToLowerInvariant();
        return string.Join(':', parts);
    }

    /// <summary>Clears the value at a key: an entry is removed, anything else gets its default.</summary>
    public static void Clear(SwitchyardOptions options, string path)
    {
        var (shape, target, parts) = (OptionShape.Root, (object)options, path.Split(':'));
        for (var i = 0; i < parts.Length; i++)
        {
            var isLast = i == parts.Length - 1;
            var name = ConfigurationKeys.NameOf(parts[i]);
            var property = shape.Find(name);
            if (property is null || property.Shape.Kind == OptionKind.Map)
            {
                if ((property ?? shape.Others)?.Member.GetValue(target) is not IDictionary map)
                    return;
                if (property is not null && isLast)
                {
                    map.Clear();
                    return;
                }

                var entry = property is null ? name : ConfigurationKeys.NameOf(parts[++i]);
                if (i == parts.Length - 1)
                    map.Remove(entry);
                if (map[entry] is not { } found)
                    return;
                (shape, target) = ((property ?? shape.Others)!.Shape.Element!, found);
                continue;
            }

            if (isLast)
            {
                Reset(property, target);
                return;
            }

            if (property.Member.GetValue(target) is not { } section || property.Shape.Kind != OptionKind.Object)
                return;
            (shape, target) = (property.Shape, section);
        }
    }

    private static void Reset(OptionProperty property, object target)
    {
        if (property.Shape.Kind != OptionKind.List)
        {
            property.Member.SetValue(target, property.Default);
            return;
        }

        var list = (IList)property.Member.GetValue(target)!;
        list.Clear();
        foreach (var item in (IList)property.Default!)
            list.Add(item);
    }

    private static OptionPath? Next(OptionPath? at, string part)
    {
        if (at is not null && at.Shape.Kind is OptionKind.Map or OptionKind.List)
            return at with { Shape = at.Shape.Element! };
        var shape = at?.Shape ?? OptionShape.Root;
        var property = shape.Find(ConfigurationKeys.NameOf(part));
        return property is not null ? new(property, property.Shape)
            : shape.Others is { } others ? new(others, others.Shape.Element!)
            : null;
    }
}
