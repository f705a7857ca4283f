namespace Switchyard.Server.Importing;

/// <summary>
/// A part of the configuration under construction: a map, a list or a value, with the source settings it comes from. The writer puts
/// comments on approximated settings above it; if the validators refuse the part, its source settings are reported as refused.
/// </summary>
internal sealed class DraftNode
{
    private readonly Dictionary<string, DraftNode> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string? Key, DraftNode Node)> _entries = [];
    private readonly List<SourceNode> _sources = [];

    private DraftNode? _parent;

    /// <summary>The value as written to the file, with references to variables; null for maps and lists.</summary>
    public string? Value { get; private set; }

    public bool IsList { get; private set; }

    /// <summary>The entries in order of creation; those of a list have no key.</summary>
    public IReadOnlyList<(string? Key, DraftNode Node)> Entries => _entries;

    /// <summary>The source settings of this part itself, without its entries.</summary>
    public IReadOnlyList<SourceNode> Sources => _sources;

    public bool IsEmpty => Value is null && _entries.TrueForAll(entry => entry.Node.IsEmpty);

    /// <summary>The entry with a name, created if missing.</summary>
    public DraftNode At(string name)
    {
        if (!_byName.TryGetValue(name, out var node))
        {
            _byName[name] = node = new DraftNode { _parent = this };
            _entries.Add((name, node));
        }

        return node;
    }

    /// <summary>The entry at a path, created if missing.</summary>
    public DraftNode At(params ReadOnlySpan<string> path)
    {
        var node = this;
        foreach (var name in path)
            node = node.At(name);
        return node;
    }

    public DraftNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Adds an entry to a list.</summary>
    public DraftNode Append()
    {
        IsList = true;
        var node = new DraftNode { _parent = this };
        _entries.Add((null, node));
        return node;
    }

    /// <summary>Sets the value unless one is set already.</summary>
    /// <returns>Whether the part now has this value.</returns>
    public bool Set(string value, params IEnumerable<SourceNode?> sources)
    {
        From(sources);
        Value ??= value;
        return Value == value;
    }

    /// <summary>Sets the value, replacing an earlier one.</summary>
    public void Replace(string value, SourceNode source)
    {
        From(source);
        Value = value;
    }

    public DraftNode From(params IEnumerable<SourceNode?> sources)
    {
        foreach (var source in sources.OfType<SourceNode>())
        {
            if (!_sources.Contains(source))
                _sources.Add(source);
        }

        return this;
    }

    /// <summary>Removes this part, and the maps around it that would be empty.</summary>
    /// <returns>The source settings of the removed parts.</returns>
    public IReadOnlyList<SourceNode> Remove()
    {
        var removed = this;
        while (removed._parent is { _parent: not null, _entries.Count: 1 } above)
            removed = above;
        removed._parent?.Drop(removed);
        return [.. removed.All.SelectMany(node => node._sources).Distinct()];
    }

    private IEnumerable<DraftNode> All => _entries.SelectMany(entry => entry.Node.All).Prepend(this);

    private void Drop(DraftNode child)
    {
        var index = _entries.FindIndex(entry => entry.Node == child);
        if (index < 0)
            return;
        if (_entries[index].Key is { } key)
            _byName.Remove(key);
        _entries.RemoveAt(index);
    }
}
