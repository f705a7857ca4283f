using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration.Binding;

/// <summary>The kind of a key's value.</summary>
internal enum OptionKind
{
    Object,
    Map,
    List,
    Text,
    Boolean,
    Integer,
    Number,
    Size,
    Percent,
    Duration,
}

/// <summary>
/// The keys of the configuration and the kind of value each takes, read once from <see cref="SwitchyardOptions"/> by reflection.
/// Binding, the check for unknown keys and the published schema all use this one description, so they cannot disagree. Immutable and
/// thread-safe.
/// </summary>
internal sealed class OptionShape
{
    private static readonly Lazy<OptionShape> LazyRoot = new(() => Of(typeof(SwitchyardOptions), property: null));

    private readonly OptionClass? _class;

    private OptionShape(OptionKind kind, Type type, OptionClass? optionClass = null)
    {
        Kind = kind;
        Type = type;
        _class = optionClass;
    }

    /// <summary>The shape of the whole file.</summary>
    public static OptionShape Root => LazyRoot.Value;

    public OptionKind Kind { get; }

    public Type Type { get; }

    /// <summary>The keys of an object, in the order they are declared.</summary>
    public IReadOnlyList<OptionProperty> Properties { get; private init; } = [];

    /// <summary>Those that hold a map, a list or another object, and the map of all other keys.</summary>
    public IReadOnlyList<OptionProperty> Containers { get; private init; } = [];

    /// <summary>Those that hold one word of a closed list.</summary>
    public IReadOnlyList<OptionProperty> Words { get; private init; } = [];

    /// <summary>The shape of each element of a map or list.</summary>
    public OptionShape? Element { get; private init; }

    /// <summary>For an object: the map of all other keys; null if there is none.</summary>
    public OptionProperty? Others { get; private init; }

    /// <summary>The key that plain text sets, if an object may be written as plain text.</summary>
    public OptionProperty? Shorthand { get; private init; }

    /// <summary>Whether a key below it is marked as a secret.</summary>
    public bool MayHoldSecrets { get; private init; }

    /// <summary>The expected kind of value, for messages.</summary>
    public string Expected => Kind switch
    {
        OptionKind.Object when Shorthand is not null => "plain text or a map of settings",
        OptionKind.Object => "a map of settings",
        OptionKind.Map => "a map of names",
        OptionKind.List => "a list",
        OptionKind.Boolean => "true or false",
        OptionKind.Integer => "a whole number",
        OptionKind.Number => "a number",
        OptionKind.Size => "a size such as 256KB, 32MB or 1GB",
        OptionKind.Percent => "a percentage from 0% to 100%, such as 5%",
        OptionKind.Duration => "a duration such as 250ms, 5s, 10m, 2h or 1d",
        _ => "text",
    };

    public OptionProperty? Find(string name) =>
        Properties.FirstOrDefault(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>For an object: creates an instance with its defaults.</summary>
    public object Create() => _class!.Create();

    /// <summary>Whether two options of the same class have equal values throughout.</summary>
    public static bool AreSame(SecretsOptions left, SecretsOptions right) => AreSame(left, right, Root.Find("secrets")!.Shape);

    private static OptionShape Of(Type type, PropertyInfo? property)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (ScalarKind(plain, property) is { } scalar)
            return new OptionShape(scalar, plain);
        if (typeof(IDictionary).IsAssignableFrom(plain))
            return Of(OptionKind.Map, plain, Of(plain.GetGenericArguments()[1], property: null));
        if (typeof(IList).IsAssignableFrom(plain))
            return Of(OptionKind.List, plain, Of(plain.GetGenericArguments()[0], property: null));
        return OfClass(plain);
    }

    /// <summary>The kind of a single value; null for what holds other values.</summary>
    private static OptionKind? ScalarKind(Type type, PropertyInfo? property)
    {
        if (type == typeof(string))
            return OptionKind.Text;
        if (type == typeof(bool))
            return OptionKind.Boolean;
        if (type == typeof(int))
            return OptionKind.Integer;
        if (type == typeof(long))
            return property?.GetCustomAttribute<ByteSizeAttribute>() is null ? OptionKind.Integer : OptionKind.Size;
        if (type == typeof(double))
            return property?.GetCustomAttribute<PercentAttribute>() is null ? OptionKind.Number : OptionKind.Percent;
        if (type == typeof(decimal))
            return OptionKind.Number;
        return type == typeof(TimeSpan) ? OptionKind.Duration : null;
    }

    /// <summary>An object: its keys, and the keys that the user names.</summary>
    private static OptionShape OfClass(Type type)
    {
        var found = OptionClass.Find(type)
            ?? throw new NotSupportedException(
                $"An option cannot be of type {type}; name it in {nameof(OptionClass)} or teach {nameof(OptionShape)} about it.");
        OptionProperty[] properties =
        [
            .. from member in found.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
               let key = member.GetCustomAttribute<ConfigurationKeyNameAttribute>()
               where key is not null
               orderby DeclarationOrder(member)
               select new OptionProperty(found, key.Name, member, Of(member.PropertyType, member)),
        ];
        var others = found.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .SingleOrDefault(member => member.GetCustomAttribute<OtherKeysAttribute>() is not null);
        var shorthand = type.GetCustomAttribute<ShorthandAttribute>()?.Property;
        var rest = others?.GetCustomAttribute<OtherKeysAttribute>() is { } other
            ? new OptionProperty(found, $"<{other.Name}>", others, Of(others.PropertyType, others))
            : null;
        return new OptionShape(OptionKind.Object, type, found)
        {
            Properties = properties,
            Containers =
            [
                .. properties.Append(rest).OfType<OptionProperty>()
                    .Where(option => option.Shape.Kind is OptionKind.Object or OptionKind.Map or OptionKind.List),
            ],
            Words = [.. properties.Where(option => option is { Shape.Kind: OptionKind.Text, KnownValues.Count: > 0 })],
            Others = rest,
            MayHoldSecrets = properties.Append(rest).OfType<OptionProperty>().Any(option => option.MayHoldSecrets),
            Shorthand = shorthand is null ? null : properties.Single(property => property.Member.Name == shorthand),
        };
    }

    private static OptionShape Of(OptionKind kind, Type type, OptionShape element) =>
        new(kind, type) { Element = element, MayHoldSecrets = element.MayHoldSecrets };

    private static bool AreSame(object? left, object? right, OptionShape shape) => (left, right) switch
    {
        (null, _) or (_, null) => left == right,
        (IList mine, IList theirs) => mine.Cast<object>().SequenceEqual(theirs.Cast<object>()),
        _ when shape.Kind == OptionKind.Object => shape.Properties.All(
            property => AreSame(property.Member.GetValue(left), property.Member.GetValue(right), property.Shape)),
        _ => left.Equals(right),
    };

    /// <summary>Natively compiled code has no tokens to order by; the order there, visible only in the schema, is unspecified.</summary>
    private static int DeclarationOrder(PropertyInfo member) => member.HasMetadataToken() ? member.MetadataToken : 0;
}

/// <summary>One key of an object.</summary>
/// <param name="Owner">The class it is a key of.</param>
/// <param name="Name">The key as written in the configuration.</param>
/// <param name="Member">The property it sets.</param>
/// <param name="Shape">The shape of its value.</param>
internal sealed record OptionProperty(OptionClass Owner, string Name, PropertyInfo Member, OptionShape Shape)
{
    public bool IsSecret { get; } = Member.GetCustomAttribute<SecretAttribute>() is not null;

    /// <summary>Whether its value is a secret, or may hold one.</summary>
    public bool MayHoldSecrets { get; } = Shape.MayHoldSecrets || Member.GetCustomAttribute<SecretAttribute>() is not null;

    /// <summary>Whether it is an address, of which only the password is secret.</summary>
    public bool IsAddress { get; } = Member.GetCustomAttribute<SecretAttribute>() is { IsAddress: true };

    /// <summary>The value if the key is left out.</summary>
    public object? Default => Member.GetValue(Owner.Create());

    public IReadOnlyList<string> KnownValues { get; } = Member.GetCustomAttribute<WordListAttribute>()?.Values ?? [];

    /// <summary>A word in the spelling of <see cref="KnownValues"/>, for any case; a text that is not one of them is unchanged.</summary>
    public string Spell(string text) =>
        KnownValues.FirstOrDefault(word => word.AsSpan().Equals(text.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase)) ?? text;
}
