using System.Collections;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Reload;

/// <summary>What a new configuration changes, for the log and for skipping reloads that change nothing.</summary>
public static class OptionsDifference
{
    /// <summary>
    /// The keys that differ, each as <c>timeouts.idle changed</c>, <c>models.fast added</c> or <c>providers.local removed</c>. Values are
    /// left out, so that nothing secret is told. Empty when the two mean the same.
    /// </summary>
    public static IReadOnlyList<string> Between(SwitchyardOptions before, SwitchyardOptions after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var changes = new List<string>();
        Compare(OptionShape.Root, before, after, "", changes);
        return changes;
    }

    private static void Compare(OptionShape shape, object? before, object? after, string path, List<string> changes)
    {
        switch (shape.Kind)
        {
            case OptionKind.Object:
                foreach (var property in shape.Properties)
                    Compare(property.Shape, property.Member.GetValue(before), property.Member.GetValue(after), ConfigurationKeys.Combine(path, property.Name), changes);
                break;
            case OptionKind.Map:
                CompareMaps(shape.Element!, (IDictionary)before!, (IDictionary)after!, path, changes);
                break;
            case OptionKind.List when !SameList(shape.Element!, (IList)before!, (IList)after!):
            case not OptionKind.List when !Equals(before, after):
                changes.Add($"{ConfigurationKeys.Display(path)} changed");
                break;
        }
    }

    private static void CompareMaps(OptionShape element, IDictionary before, IDictionary after, string path, List<string> changes)
    {
        foreach (string name in before.Keys)
        {
            var child = ConfigurationKeys.Combine(path, name);
            if (after.Contains(name))
                Compare(element, before[name], after[name], child, changes);
            else
                changes.Add($"{ConfigurationKeys.Display(child)} removed");
        }

        foreach (string name in after.Keys)
        {
            if (!before.Contains(name))
                changes.Add($"{ConfigurationKeys.Display(ConfigurationKeys.Combine(path, name))} added");
        }
    }

    /// <summary>The order of a list matters, so a list changes as a whole.</summary>
    private static bool SameList(OptionShape element, IList before, IList after)
    {
        if (before.Count != after.Count)
            return false;
        var changes = new List<string>();
        for (var index = 0; index < before.Count; index++)
            Compare(element, before[index], after[index], "", changes);
        return changes.Count == 0;
    }
}
