namespace Switchyard.Providers;

/// <summary>
/// Names the provider a class implements. The attribute alone registers nothing: <c>ProviderRegistry.ScanAssembly</c> finds the marked
/// classes of an assembly.
/// </summary>
/// <param name="name">The name clients and routes use.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ProviderAttribute(string name) : Attribute
{
    /// <summary>The name clients and routes use, trimmed and lower-cased.</summary>
    public string Name { get; } = ProviderNames.Normalize(name);

    /// <summary>The name in a class's attribute; null if it has none.</summary>
    public static string? NameOf(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return ((ProviderAttribute?)GetCustomAttribute(type, typeof(ProviderAttribute)))?.Name;
    }
}
