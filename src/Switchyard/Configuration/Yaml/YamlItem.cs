namespace Switchyard.Configuration.Yaml;

/// <summary>A YAML node with its line and column, from 1.</summary>
internal abstract record YamlItem(int Line, int Column);

/// <summary>A scalar: text, or nothing (<c>null</c>, <c>~</c>, or empty).</summary>
internal sealed record YamlText(string? Value, int Line, int Column) : YamlItem(Line, Column);

/// <summary>A sequence.</summary>
internal sealed record YamlList(IReadOnlyList<YamlItem> Items, int Line, int Column) : YamlItem(Line, Column);

/// <summary>A mapping, its entries in the order written; a key may occur twice.</summary>
internal sealed record YamlMap(IReadOnlyList<(YamlText Key, YamlItem Value)> Entries, int Line, int Column) : YamlItem(Line, Column);
