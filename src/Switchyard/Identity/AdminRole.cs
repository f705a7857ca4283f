namespace Switchyard.Identity;

/// <summary>A role in the admin API. Each role includes the rights of the roles before it.</summary>
public enum AdminRole
{
    /// <summary>No key is needed: for answers that reveal nothing about this gateway.</summary>
    Anyone,

    /// <summary>The owner of a client's key: sees that key's own figures.</summary>
    Caller,

    /// <summary>Sees everything but secrets, and changes nothing.</summary>
    Viewer,

    /// <summary>Also changes run-time state: limits, the cache, budgets, providers, experiments; ends calls.</summary>
    Operator,

    /// <summary>Also creates and revokes keys and tenants, changes the configuration, and loads plugins.</summary>
    Admin,
}
