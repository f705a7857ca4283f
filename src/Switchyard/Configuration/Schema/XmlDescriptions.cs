using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.Extensions.Configuration;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Schema;

/// <summary>
/// The summaries of types and properties as plain text, from the XML documentation file beside the assembly. They are written once, next to
/// the code, and the schema repeats them.
/// </summary>
internal sealed partial class XmlDescriptions
{
    private readonly Dictionary<string, XElement> _summaries = [];

    private XmlDescriptions()
    {
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace { get; }

    /// <summary>Reads the documentation of the assembly; without the file there are no descriptions.</summary>
    public static XmlDescriptions Of(Assembly assembly)
    {
        var descriptions = new XmlDescriptions();
        var file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(file))
            return descriptions;

        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        foreach (var member in XDocument.Load(reader).Descendants("member"))
        {
            if (member.Attribute("name")?.Value is { } name && member.Element("summary") is { } summary)
                descriptions._summaries[name] = summary;
        }

        return descriptions;
    }

    public string? Describe(Type type) => Describe($"T:{type.FullName}");

    public string? Describe(PropertyInfo property) => Describe($"P:{property.DeclaringType!.FullName}.{property.Name}");

    private string? Describe(string id) => _summaries.TryGetValue(id, out var summary)
        ? Whitespace.Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim()
        : null;

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } reference => NameOf(reference.Attribute("cref")?.Value ?? ""),
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    /// <summary>An option is named by its key, anything else by the last part of its name.</summary>
    private static string NameOf(string id)
    {
        var dot = id.LastIndexOf('.');
        var owner = dot > 2 ? OptionClass.All.FirstOrDefault(one => one.Type.FullName == id[2..dot]) : null;
        var member = owner?.Type.GetProperty(id[(dot + 1)..]);
        return member?.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? id[(dot + 1)..];
    }
}
